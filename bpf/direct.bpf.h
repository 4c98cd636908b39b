/* SPDX-License-Identifier: GPL-2.0 OR BSD-3-Clause */
#pragma once

/*
 * Layer 0: what is compiled a second time, with direct loads, for the dispatcher that has them. A
 * probe read takes 30 ns where calls are dear (AMD, SRSO), and an event of a file takes 25 of them.
 * Included before everything else; the second functions have names of their own, since only the
 * program that calls them may be loaded with them.
 */

#define RELOADTRACE_DIRECT_LOADS

#define describe		describe_directly
#define describe_file		describe_file_directly
#define find_place		find_place_directly
#define report_open		report_open_directly
#define report_open_as_fact	report_open_as_fact_directly
#define report_open_as_activity report_open_as_activity_directly
#define report_open_failed	report_open_failed_directly
#define report_read		report_read_directly
#define report_map		report_map_directly
#define report_execution	report_execution_directly

# SPDX-License-Identifier: Apache-2.0
# Fabricated events, for tests of what needs no kernel. Needs nothing but wire.
include_guard(GLOBAL)
find_package(fmt REQUIRED)
add_library(reloadtrace_stories STATIC
  ${CMAKE_CURRENT_LIST_DIR}/kernel_records.cpp
  ${CMAKE_CURRENT_LIST_DIR}/story.cpp
  ${CMAKE_CURRENT_LIST_DIR}/story_volumes.cpp)
target_link_libraries(reloadtrace_stories PUBLIC reloadtrace_wire PRIVATE ${RELOADTRACE_FMT})

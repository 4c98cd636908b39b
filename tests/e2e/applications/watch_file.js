// SPDX-License-Identifier: Apache-2.0
// fs.watch on the file itself: what most node servers do for a certificate or a configuration.
// The watch follows the link to the old file, hears of its end, and is never set again.
const fs = require('fs');
const file = process.argv[2];

fs.readFileSync(file);
fs.watch(file, () => fs.readFileSync(file));
console.log('ready');

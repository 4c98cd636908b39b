// SPDX-License-Identifier: Apache-2.0
// fs.watchFile with its default of 5007 ms between two stats; chokidar's usePolling comes down to
// the same, more often.
const fs = require('fs');
const file = process.argv[2];

fs.readFileSync(file);
fs.watchFile(file, () => fs.readFileSync(file));
console.log('ready');

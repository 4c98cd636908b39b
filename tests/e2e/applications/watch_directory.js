// SPDX-License-Identifier: Apache-2.0
// fs.watch on the directory. With a second argument it waits for that file name, which no swap
// ever says (webpack's watchpack and many hand-written loaders compare so); without, any event of
// the directory will do.
const fs = require('fs');
const path = require('path');
const file = process.argv[2];
const wanted = process.argv[3];

fs.readFileSync(file);
fs.watch(path.dirname(file), (event, name) => {
  if (wanted === undefined || name === wanted) {
    fs.readFileSync(file);
  }
});
console.log('ready');

#!/usr/bin/env node
// `butane …` is `longshore butane …`, for scripts and people that type it.
process.argv.splice(2, 0, 'butane');
await import('./longshore.js');

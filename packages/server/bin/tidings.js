#!/usr/bin/env node
// A file that is there before the first build, so that npm links the command in a clone too.
import "../dist/main.js";

#!/usr/bin/env node
require('../dist/fle-readfle.cjs')

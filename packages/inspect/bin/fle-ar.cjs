#!/usr/bin/env node
require('../dist/fle-ar.cjs')

#!/usr/bin/env node
require('../dist/elf-loader.cjs')

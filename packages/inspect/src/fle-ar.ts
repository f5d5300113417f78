import { runCommand } from '@fle/diagnostics/node'
import { main } from './ar/cli.ts'

void runCommand('fle-ar', main)

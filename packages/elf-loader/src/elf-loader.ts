import { runCommand } from '@fle/diagnostics/node'
import { elfLoader } from './cli.ts'

runCommand('elf-loader', elfLoader)

// exec on this machine: what it ends as is the program.

import { Diagnostics, type FileSystem, openMemory } from '@fle/diagnostics'
import { canRun, type Permission, plan, prepareLaunch, Refusal, thisMachine } from '@fle/elf-loader'
import { readFaultReport } from './launch.ts'
import { executeTool } from './tool-execute.ts'

/** This process becomes the program of an FLE text; what went wrong, if anything did. */
async function becomeProgram(path: string, text: Uint8Array): Promise<string> {
  if (!canRun()) return 'programs can be run on x86-64 Linux only'
  const open: FileSystem['open'] = () => openMemory(text)
  const permission = (): Permission => ({ regular: true })
  const diagnostics = new Diagnostics()
  const planned = plan(path, { open, permission }, diagnostics, { fleOnly: true })
  if (planned.kind === 'plan') {
    const options = { tool: 'exec', machine: thisMachine(), argumentCount: 0 }
    const launch = prepareLaunch(planned, options)
    const refusal = launch instanceof Refusal ? launch : launch()
    refusal.report(diagnostics)
  }
  return diagnostics.list.map(({ message }) => message).join('; ')
}

export const launchTool = executeTool(readFaultReport, becomeProgram)

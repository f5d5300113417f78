import type { Assembly } from './assembly.ts'
import { elseIf, endIf, ifBlank, ifDefined, ifNumber, ifSame, otherwise } from './condition-directives.ts'
import { fill, floats, includeBytes, leb128s, octas, skip, strings, values } from './data-directives.ts'
import * as frame from './frame-directives.ts'
import { align, org } from './layout-directives.ts'
import { file, location, markLabels } from './line-directives.ts'
import { defineMacro, exitMacro, purgeMacro, repeat, repeatFor, strayEnd } from './macro-directives.ts'
import * as section from './section-directives.ts'
import { endOfProgram, ignored, include, otherMode, raiseError, raiseWarning, syntax } from './source-directives.ts'
import * as symbol from './symbol-directives.ts'

/** What a directive does. The cursor stands behind its name; it ends where the arguments end. */
export type Directive = (assembly: Assembly, name: string) => void

/** The directives, by their names in lower case. */
export const directives: ReadonlyMap<string, Directive> = new Map<string, Directive>([
  ...rows(values(1), '.byte .dc.b'),
  ...rows(values(2), '.value .short .hword .word .2byte .dc.w .dc'),
  ...rows(values(4), '.long .int .4byte .dc.l'),
  ...rows(values(8), '.quad .8byte .dc.a'),
  ...rows(octas, '.octa'),
  ...rows(strings(false, 1), '.ascii'),
  ...rows(strings(true, 1), '.string .asciz .string8'),
  ...rows(strings(true, 2), '.string16'),
  ...rows(strings(true, 4), '.string32'),
  ...rows(strings(true, 8), '.string64'),
  ...rows(floats('half'), '.float16'),
  ...rows(floats('brain'), '.bfloat16'),
  ...rows(floats('single'), '.float .single .dc.s'),
  ...rows(floats('double'), '.double .dc.d'),
  ...rows(floats('extended'), '.tfloat .dc.x'),
  ...rows(leb128s(false), '.uleb128'),
  ...rows(leb128s(true), '.sleb128'),
  ...rows(skip, '.zero .skip .space'),
  ...rows(fill, '.fill'),
  ...rows(includeBytes, '.incbin'),

  ...rows(align(false, 1), '.align .balign'),
  ...rows(align(false, 2), '.balignw'),
  ...rows(align(false, 4), '.balignl'),
  ...rows(align(true, 1), '.p2align'),
  ...rows(align(true, 2), '.p2alignw'),
  ...rows(align(true, 4), '.p2alignl'),
  ...rows(org, '.org'),

  ...rows(section.standardSection('text'), '.text'),
  ...rows(section.standardSection('data'), '.data'),
  ...rows(section.standardSection('bss'), '.bss'),
  ...rows(section.section, '.section .sect .sect.s'),
  ...rows(section.pushSection, '.pushsection'),
  ...rows(section.popSection, '.popsection'),
  ...rows(section.previous, '.previous'),
  ...rows(section.subsection, '.subsection'),

  ...rows(symbol.global, '.globl .global'),
  ...rows(symbol.weak, '.weak'),
  ...rows(symbol.local, '.local'),
  ...rows(symbol.hidden, '.hidden'),
  ...rows(symbol.internal, '.internal'),
  ...rows(symbol.isProtected, '.protected'),
  ...rows(symbol.type, '.type'),
  ...rows(symbol.size, '.size'),
  ...rows(symbol.set(false), '.set .equ'),
  ...rows(symbol.set(true), '.equiv .eqv'),
  ...rows(symbol.common, '.comm .common'),
  ...rows(symbol.localCommon, '.lcomm'),
  ...rows(symbol.weakref, '.weakref'),
  ...rows(symbol.symbolVersion, '.symver'),
  ...rows(symbol.identity, '.ident'),

  ...rows(
    ifNumber((value) => value !== 0),
    '.if .ifne',
  ),
  ...rows(
    ifNumber((value) => value === 0),
    '.ifeq',
  ),
  ...rows(
    ifNumber((value) => value > 0),
    '.ifgt',
  ),
  ...rows(
    ifNumber((value) => value >= 0),
    '.ifge',
  ),
  ...rows(
    ifNumber((value) => value < 0),
    '.iflt',
  ),
  ...rows(
    ifNumber((value) => value <= 0),
    '.ifle',
  ),
  ...rows(ifDefined(true), '.ifdef'),
  ...rows(ifDefined(false), '.ifndef .ifnotdef'),
  ...rows(ifBlank(true), '.ifb'),
  ...rows(ifBlank(false), '.ifnb'),
  ...rows(ifSame(true), '.ifc .ifeqs'),
  ...rows(ifSame(false), '.ifnc .ifnes'),
  ...rows(elseIf, '.elseif .elsec'),
  ...rows(otherwise, '.else'),
  ...rows(endIf, '.endif .endc'),

  ...rows(defineMacro, '.macro'),
  ...rows(exitMacro, '.exitm .mexit'),
  ...rows(purgeMacro, '.purgem'),
  ...rows(repeat, '.rept .rep'),
  ...rows(repeatFor(false), '.irp .irep'),
  ...rows(repeatFor(true), '.irpc .irepc'),
  ...rows(strayEnd, '.endm .endr'),

  ...rows(include, '.include'),
  ...rows(raiseError, '.error .err .fail'),
  ...rows(raiseWarning, '.warning'),
  ...rows(endOfProgram, '.end'),
  ...rows(syntax(true), '.intel_syntax'),
  ...rows(syntax(false), '.att_syntax'),
  ...rows(ignored, '.code64 .arch .intel_mnemonic .att_mnemonic .allow_index_reg .disallow_index_reg'),
  ...rows(ignored, '.version .title .sbttl .psize .eject .list .nolist .print .ln .line .func .endfunc .gnu_attribute'),
  ...rows(otherMode, '.code32 .code16 .code16gcc'),

  ...rows(file, '.file'),
  ...rows(location, '.loc'),
  ...rows(markLabels, '.loc_mark_labels'),

  ...rows(frame.frameSections, '.cfi_sections'),
  ...rows(frame.startProcedure, '.cfi_startproc'),
  ...rows(frame.endProcedure, '.cfi_endproc'),
  ...rows(frame.defineCfa, '.cfi_def_cfa'),
  ...rows(frame.defineCfaOffset, '.cfi_def_cfa_offset'),
  ...rows(frame.adjustCfaOffset, '.cfi_adjust_cfa_offset'),
  ...rows(frame.defineCfaRegister, '.cfi_def_cfa_register'),
  ...rows(frame.registerOffset(false, false), '.cfi_offset'),
  ...rows(frame.registerOffset(true, false), '.cfi_rel_offset'),
  ...rows(frame.registerOffset(false, true), '.cfi_val_offset'),
  ...rows(frame.restoreRegister, '.cfi_restore'),
  ...rows(frame.undefinedRegister, '.cfi_undefined'),
  ...rows(frame.sameValue, '.cfi_same_value'),
  ...rows(frame.copyRegister, '.cfi_register'),
  ...rows(frame.rememberState, '.cfi_remember_state'),
  ...rows(frame.restoreState, '.cfi_restore_state'),
  ...rows(frame.escapeBytes, '.cfi_escape'),
  ...rows(frame.signalFrame, '.cfi_signal_frame'),
  ...rows(frame.setReturnColumn, '.cfi_return_column'),
  ...rows(frame.framePointer('personality'), '.cfi_personality'),
  ...rows(frame.framePointer('languageData'), '.cfi_lsda'),
])

function rows(directive: Directive, names: string): [string, Directive][] {
  return names.split(' ').map((name) => [name, directive])
}

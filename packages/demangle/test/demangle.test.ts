import { demangle } from '@fle/demangle'
import { runToSuccess } from '@fle/testkit'
import t from 'tap'

/** Names by what is in them; what they stand for is c++filt's to say. */
const names: Readonly<Record<string, string>> = {
  'functions and variables': `
    _Z1fv _Z1fi _Z1fiz _Z1fPKc _Z1f _ZL3foo _ZL3fooi _ZN1A1B1fEv _ZSt4cout _ZNSt3fooEv _ZN12_GLOBAL__N_11fEv
    _ZN1AL3fooEi _ZNK1A3fooEv _ZNVK1A3fooEv _ZNKR1A3fooEv _ZNO1A3fooEv _ZNKO1A3fooIiEEvv _ZDC1a1bE`,
  'constructors, destructors, conversions': `
    _ZN1AC1Ev _ZN1AC2Ev _ZN1AC4Ev _ZN1AD0Ev _ZN1AD2Ev _ZN1BCI21AEi _ZN1AIiED1Ev _ZNSsC1Ev _ZNSbIcEC1Ev _ZNSaIcED1Ev
    _ZNSiD0Ev _ZN3FooB1xB1yC1Ev _ZN1AcviEv _ZN1AIiEcviEv _ZN1AcvT_IiEEv _ZN1AcvPT_IiEEv _ZN1AIiEcvT_IfEEv
    _ZNK1AIiEcvPT_Ev _ZN1AIiEcvNS_1BIT_EEIfEEv`,
  operators: `
    _ZnwmPv _ZdaPv _ZN1AnaEm _ZN1AdlEPv _ZplRK1AS1_ _ZN1AixEi _ZN1AclEi _ZN1AptEv _ZN1ApmEv _ZN1AppEi _ZN1AaSERKS_
    _ZltI1AEbT_S1_ _ZN1AltIiEEvT_ _ZN1AssES_ _ZN1AawEv _Zli2_xy _Zv13foov _ZN1AlsIiEEvT_`,
  types: `
    _Z1fahbcdefgijlmnostwxy _Z1fDaDcDdDeDfDhDiDsDuDn _Z1fDF16_DF32xDF16b _Z1fu3foo _Z1fCdGf _Z1fU8__vectorf
    _Z1fU3fooIiEi _Z1fPKPVKi _Z1fPrKVi _Z1fOi _Z1fPFPFivEvE _Z1fPA3_A4_i _Z1fRA3_Ki _Z1fRKA3_i _Z1fRA_i
    _Z1fRA1_A2_PFivE _Z1fPFPA3_ivE _Z1gPFPA3_KiiE _Z1gPFivE _Z1gRFvvE _Z1fM1AKFvvE _Z1fM1AFvvREi _Z1gM1AA3_i _Z1gPM1Ai
    _Z1gM1APFivE _Z1fPKFivE _Z1fPVKFivRE _Z1fPDoFvvE _Z1fPDxFvvE _Z1fPDwicEFvvE _Z1fPKDoFvvOE _Z1fDv4_f _Z1fPDv4_i
    _Z1gPCFivE _Z1fFvvE`,
  substitutions: `
    _Z1fSsS_ _Z1fPiS_ _Z1fPKiS_S0_ _Z1fPKiPS0_S1_ _Z1fIiET_S_ _Z1fIiE1AIT_ES1_S2_ _Z1fM1AKFivES_S0_S1_ _Z1fPKFivES_S0_
    _Z1fPA3_KiS_S0_S1_ _Z1fDpiS_ _Z1fDv4_iS_ _Z1fSaIcES_ _Z1fSt1AIiES_S0_ _Z1fNSt1AIiE1BES_S0_S1_ _Z1f1AIiES_IcES_S0_
    _Z1fN1A1BENS_1CES0_ _Z1fI1AEvNT_1BES1_S2_ _Z1fDTLi3EES_ _ZN1AUt_1fES0_S1_ _ZlsRSoRKSd _ZSsB3foo`,
  templates: `
    _Z3fooILb1EEvv _Z1fIJiiEEvDpT_ _Z1fIJEEvDpT_ _Z1gIRiEvOT_ _Z1gIOiEvRT_ _Z1gIOiEvOT_ _Z1gIKiEvRKT_ _Z1gIA3_iEvRKT_
    _Z1gIFivEEvPT_ _Z1gIM1AFivEEvT_ _Z1gIJiRcEEvDpOT_ _Z1gIJiRcEEvDp1AIT_E _Z1gIJiRcEEv1AIDpT_E _Z1gIJEiEvT_
    _Z1gI1AIiEJEEvT_ _Z1gIiJEcEvv _Z1fI1AET_IcES1_S2_S3_ _Z1fI1AE1BIT_EIcES1_S2_S3_ _ZlsI1AIiEEvT_ _Z3fooB1xIiEvv`,
  literals: `
    _Z1gILin1ELj2ELl3ELm4ELx5ELy6ELs7ELt8ELb0ELb2ELw3ELn3EEvv _Z1gILbn1EEvv _Z1fILf3f800000EEvv _Z1gILdnc000000000000000EEvv
    _Z1fILDn0EEvv _Z1fILDnEEvv _Z1fIL1Z3EEvv _Z1fILPKc0EEvv _Z3fooIL_Z3barvEEvv _Z1gIL_Z1fIiEvvEEvv _ZN1AILi0EXadL_Z1fvEEE1gEv
    _Z1gIXadL_ZN1A1fEvEEEvv _ZTAXtl1ALi1EEE`,
  expressions: `
    _Z1fI1AEvDTsrT_5valueE _Z1fIiEvDTsrN1A1BE5valueE _Z1fIiEvDTsr1A5valueE _Z1fIiEvDTsr1A1BE5valueE _Z1fIXsr1AIiE5valueEEvv
    _Z1fIiEvDTclsr1AE3fooIiELi3EEE _Z1fIiEvDTgssr1AE5valueE _Z1fIiEvDTclonplfp_fp_EET_ _Z1fIiEvDTawfp_ET_
    _Z1gIJLi1ELi2EEEv1AIXspT_EE _Z1gIJLi1ELi2EEEv1AIXspplT_Li3EEE _Z1gIJLi1ELi2EEEv1AIXflplT_EE
    _Z1gIJLi1ELi2EEEv1AIXfLplLi3ET_EE _Z1gIJLi1ELi2EEEv1AIXfRplT_Li3EEE _Z1fIiEvDTquLb1ELi1ELi2EE _Z1fIiEvDTnw_iEE
    _Z1fIiEvDTnwLi1E_ipiLi3EEE _Z1fIiEDTnaLi1E_iilEES0_ _Z1fIiEDTcvT_fp_ES0_ _Z1fIiEDTcvT__fp_EES0_ _Z3fooIJicEEvDTsZT_E
    _Z1fIiEvDTsPiiEE _Z1fIiEDTstT_ES_ _Z1fIiEvDTdtfp_3fooE _Z1fIiEvDTptfp_3fooIT_EE _Z1fIiEDTdtfp_sr1AE3fooES0_
    _Z1fIiEvDTgtfp_Li3EE _Z1fIiEvDTixfp_Li3EE _Z1fIiEvDTppfp_E _Z1fIiEvDTpp_fp_E _Z1fIiEvDTscT_fp_E _Z1fIiEvDTdtfpT3fooE
    _Z1fIiEvDTtrE _Z1fIiEvDTtwLi3EE _Z1fIiEvDTgsdlfp_E _Z1fIiEvDTatT_E _Z1fIiEvDTszfp_E _Z1fIiEDTtlT_fp_EES0_
    _Z1fIXtl1Adi3foodi3barLi1EEEEvv _Z1fIXtl1Adi3foodxLi3ELi1EEEEvv _Z1fIXtl1AdXLi1ELi3ELi1EEEEvv _Z1fIiEDTu3fooiEES0_
    _Z1fIiEDTv13foofp_ES0_ _Z1gILi3EEvRAplT_Li3E_i _Z1fIJiiEEDTcl1gspfp_EEDpT_`,
  'local names, lambdas, unnamed types': `
    _ZZ1fvE1x_0 _ZZ1fvE1x__10_ _ZZ1fvEs_0 _ZZN1A1fEiiEd_NKUlvE_clEv _ZZ1fvENKUlvE_clEv _ZZ1fvENKUlT_E_clIiEEDaS_
    _ZZ1fvENUlOT_E_clI1AEEDaS0_ _ZZ1fvENUlDpT_E_clIJ1AiEEEDaS1_ _Z1fIZ1gIiEvT_EUlvE_EvS1_ _ZZ1fIiEvT_ENKUlvE_clEv
    _ZZZ1fvENKUlvE_clEvE1x _ZZ1fvENKR1A1gEv _ZZ1fvEd_NK1A1gEv _ZZ1fvEN1A1gIiEEvT_ _ZZN1AC1EvE1x _ZN1AUt0_1fEv
    _ZN1x1yMUlvE_clEv _ZUt_`,
  'what compilers make': `
    _ZTV1AIiE _ZTT1A _ZTI1A _ZTSPKDn _ZTSFivE _ZTC1A0_1B _ZThn16_NK1A1fEv _ZTv0_n24_N1A1fEv _ZTch0_v0_n24_N1A1fEv
    _ZGVZ1fvE1x _ZGR1x0 _ZGTt1fv _ZGTn1fv _ZGA1f _ZTHN1A1xE _ZTWN1A1xE _Z1fv.isra.0 _Z1fv.constprop.0.isra.1
    _Z1fv.part.0.cold _Z1fv._omp_fn.0 _Z1fv.llvm.15764773454734827483 _GLOBAL__I__Z1fv _GLOBAL__D_foo _ZL3foo.cold`,
  'what is no mangled name': `
    main _Z _Z1 _Z2f _ZN _ZNE _ZN1AEv _ZS_ _Z1fS_ _Z1fvE _Z1fiS5_ _ZZ1fvE1x.0 _Z1fv. _Z1fv.X _ZN1AC6Ev _ZN1AD3Ev _Z1fIiEvT0_
    _ZN1AIiEcvT_Ev _Z1fu4fredIiE _ZNF3bar3fooEv _GLOBAL__I_ _GLOBAL__X_f _Z1gILi3EEvRApl3LT_Li3E_i _Z1gIXspT_EEvv`,
}

function split(text: string): string[] {
  return text.trim().split(/\s+/)
}

/** c++filt's answers; itself, for what it cannot undo. */
function filtered(names: readonly string[]): string[] {
  return runToSuccess('c++filt', [], { input: `${names.join('\n')}\n` })
    .trimEnd()
    .split('\n')
}

t.test('says what c++filt says', async (t) => {
  const answers = filtered(Object.values(names).flatMap(split))
  for (const [what, text] of Object.entries(names)) {
    t.test(what, async (t) => {
      for (const name of split(text)) t.equal(demangle(name) ?? name, answers.shift(), name)
    })
  }
})

t.test("every name of GCC's C++ library", async (t) => {
  const archive = runToSuccess('gcc', ['-print-file-name=libstdc++.a']).trim()
  const symbols = runToSuccess('nm', ['--no-demangle', '--format=just-symbols', archive])
  const names = [...new Set(symbols.split('\n').filter((name) => name.startsWith('_Z')))]
  t.ok(names.length > 5000)
  const answers = filtered(names)
  const wrong = names.filter((name, index) => demangle(name) !== answers[index])
  t.strictSame(wrong, [])
})

t.test('hostile names end soon, with an answer or none', async (t) => {
  const started = performance.now()
  const parts = `P F N1a Z1fv Xad DTad DTpl DTcvi M1a A1_ PK DTtli DTsrDT 1aILZ TvnTv 1aIJ NUl PF PFi U1a DOad DTclcl Dp Dv2_
    1aIXsr1aI Ul DTil DTfL`
  for (const part of split(parts)) {
    for (const count of [10, 100, 250, 500, 1000]) {
      t.doesNotThrow(() => demangle(`_Z1f${part.repeat(count)}i`), `${count} times ${part}`)
      t.doesNotThrow(() => demangle(`_Z1f${part.repeat(count).slice(0, 1015)}i`))
    }
  }
  const sequence = (index: number) => `S${index.toString(36).toUpperCase()}_`
  const doubled = Array.from({ length: 60 }, (_, index) => `S_I${sequence(index).repeat(2)}E`).join('')
  t.equal(demangle(`_Z1f1aIiiE${doubled}`), undefined, 'each argument twice as long as the one before')
  t.equal(demangle('_Z1fIJiiiiiiiiiiEEvDpDpDpDpDpDpDpDpDpDpT_')?.length, 151, 'packs in packs')
  t.equal(demangle(`_ZN1Acv${'T_I'.repeat(99)}i${'E'.repeat(99)}Ev`), undefined, 'a type that can be read in 2^99 ways')
  t.equal(demangle(`_Z${'1'.repeat(30)}f`), undefined, 'a length beyond all numbers')
  t.equal(demangle(`_Z1f${'i'.repeat(2000)}`), undefined, 'a name that is too long')
  t.ok(performance.now() - started < 5000)
})

t.test('damaged names give what c++filt gives, or nothing', async (t) => {
  const whole = Object.values(names).flatMap(split)
  const damaged = whole.flatMap((name) => [name.slice(0, -1), name.slice(0, -2), name.replace(/E/, ''), `${name}v`])
  const answers = filtered(damaged)
  const differing = damaged.filter((name, index) => {
    const text = demangle(name)
    return text !== undefined && answers[index] !== name && text !== answers[index]
  })
  t.strictSame(differing, [])
})

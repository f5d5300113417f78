/** An operator of C++ as mangled names have it (Itanium C++ ABI, 5.1.3.3). */
export interface Operator {
  readonly code: string
  /** As it stands between or before its operands. */
  readonly text: string
  readonly operands: number
}

/** By number of operands: codes and texts. */
const texts: readonly Readonly<Record<string, string>>[] = [
  { tr: 'throw' },
  {
    aw: 'co_await ',
    ad: '&',
    at: 'alignof ',
    az: 'alignof ',
    co: '~',
    da: 'delete[] ',
    de: '*',
    dl: 'delete ',
    gs: '::',
    li: 'operator"" ',
    mm: '--',
    ng: '-',
    nt: '!',
    pp: '++',
    ps: '+',
    sP: 'sizeof...',
    sZ: 'sizeof...',
    st: 'sizeof ',
    sz: 'sizeof ',
    tw: 'throw ',
  },
  {
    aN: '&=',
    aS: '=',
    aa: '&&',
    an: '&',
    cc: 'const_cast',
    cl: '()',
    cm: ',',
    dV: '/=',
    dc: 'dynamic_cast',
    di: '=',
    ds: '.*',
    dt: '.',
    dv: '/',
    dx: ']=',
    eO: '^=',
    eo: '^',
    eq: '==',
    fl: '...',
    fr: '...',
    ge: '>=',
    gt: '>',
    ix: '[]',
    lS: '<<=',
    le: '<=',
    ls: '<<',
    lt: '<',
    mI: '-=',
    mL: '*=',
    mi: '-',
    ml: '*',
    ne: '!=',
    oR: '|=',
    oo: '||',
    or: '|',
    pL: '+=',
    pl: '+',
    pm: '->*',
    pt: '->',
    rM: '%=',
    rS: '>>=',
    rc: 'reinterpret_cast',
    rm: '%',
    rs: '>>',
    sc: 'static_cast',
    ss: '<=>',
  },
  { dX: '[...]=', fL: '...', fR: '...', na: 'new[]', nw: 'new', qu: '?' },
]

/** The operator of a two-letter code, or undefined. */
export function operatorOf(code: string): Operator | undefined {
  const operands = texts.findIndex((group) => Object.hasOwn(group, code))
  return operands < 0 ? undefined : { code, text: texts[operands][code], operands }
}

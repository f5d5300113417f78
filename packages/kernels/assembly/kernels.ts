// What is called from outside.
export { internNames, lookUpName } from './names'
export { copyPieces, countStrings, internPieces, splitConstants, splitStrings } from './pieces'
export { placeGlobals, placeSymbols } from './places'
export { applySome, copySections, scan } from './relocations'
export { isSoundObject } from './soundness'
export { writeGlobals, writeLocals } from './symbol-writer'
export { rehash } from './table'
export { fillValues } from './values'

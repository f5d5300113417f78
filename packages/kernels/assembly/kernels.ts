// What is called from outside.
export { internNames, lookUpName } from './names'
export { copyPieces, internPieces, splitStrings } from './pieces'
export { apply, scan } from './relocations'
export { relocationsAreSound, symbolsAreSound } from './soundness'
export { rehash } from './table'
export { fillValues, placeSections } from './values'

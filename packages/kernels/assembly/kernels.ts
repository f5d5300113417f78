// What is called from outside.
export { intern, lookUp, rehash } from './names'
export { apply, scan } from './relocations'
export { relocationsAreSound, symbolsAreSound } from './soundness'
export { fillValues, placeSections } from './values'

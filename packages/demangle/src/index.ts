export { demangle } from './demangle.ts'

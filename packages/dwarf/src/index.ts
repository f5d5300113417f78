export * from './call-frame-records.ts'

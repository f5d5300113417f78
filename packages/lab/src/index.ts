export { checkLabFile, type LabFile, type LabFinding } from './check-lab.ts'
export { type Course, type CourseName, courseOf, courses } from './course.ts'
export { reporting } from './tool-execute.ts'

export { type AdmissionOptions, defaultAdmission } from './default-admission.ts'

export type { Diagnosis, MistakeDiagnosis, UnknownDiagnosis, ValidDiagnosis } from "./diagnose.ts";
export { type DiagnoseOptions, diagnose } from "./diagnose.ts";
export type {
  BrokenRequirement,
  Fix,
  FrameworkFix,
  LanguageFix,
  Mistake,
  MistakeCode,
} from "./mistake.ts";

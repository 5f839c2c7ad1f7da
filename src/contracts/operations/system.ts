import { z } from "zod";
import { unary } from "../operation.ts";
import { CleanupReport, DoctorInput, DoctorReport } from "../system.ts";

export const systemOperations = {
  doctor: unary({
    summary: "Check whether sandboxes can run here, and how to mend what is wrong.",
    http: { method: "get", path: "/v1/doctor" },
    cli: { command: "doctor" },
    input: DoctorInput,
    output: DoctorReport,
  }),
  cleanup: unary({
    summary: "Remove what ended Moorages left behind, and record the runs that they left open.",
    http: { method: "post", path: "/v1/cleanup" },
    cli: { command: "cleanup" },
    access: "admin",
    input: z.strictObject({}),
    output: CleanupReport,
  }),
} as const;

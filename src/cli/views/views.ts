import {
  directoryMade,
  fileContent,
  fileList,
  fileMoved,
  fileRemoved,
  filesFound,
  fileWritten,
  modeChanged,
} from "./file-views.ts";
import { imagePresence } from "./image-views.ts";
import { receiptDetails, receiptList, verification } from "./receipt-views.ts";
import {
  runDetached,
  runDetails,
  runInputTaken,
  runKilled,
  runList,
  runLog,
  runRemoved,
  runSignaled,
  runWaited,
} from "./run-views.ts";
import {
  sandboxChanged,
  sandboxCreated,
  sandboxDetails,
  sandboxList,
  sandboxRemoved,
  sandboxRenewed,
} from "./sandbox-views.ts";
import { sessionList, sessionRemoved } from "./session-views.ts";
import { cleanupReport, doctorReport } from "./system-views.ts";
import type { View } from "./view.ts";

/** Views by operation; an operation that has none is shown by the generic view. */
export const VIEWS: Readonly<Record<string, View>> = {
  "sandbox.create": sandboxCreated,
  "sandbox.list": sandboxList,
  "sandbox.get": sandboxDetails,
  "sandbox.stop": sandboxChanged,
  "sandbox.start": sandboxChanged,
  "sandbox.restart": sandboxChanged,
  "sandbox.pause": sandboxChanged,
  "sandbox.resume": sandboxChanged,
  "sandbox.runs": runList,
  "sandbox.logs": runLog,
  "sandbox.renew": sandboxRenewed,
  "sandbox.remove": sandboxRemoved,
  "run.list": runList,
  "run.get": runDetails,
  "run.logs": runLog,
  "run.wait": runWaited,
  "run.input": runInputTaken,
  "run.signal": runSignaled,
  "run.kill": runKilled,
  "run.detach": runDetached,
  "run.remove": runRemoved,
  "session.list": sessionList,
  "session.remove": sessionRemoved,
  "file.list": fileList,
  "file.read": fileContent,
  "file.write": fileWritten,
  "file.mkdir": directoryMade,
  "file.move": fileMoved,
  "file.chmod": modeChanged,
  "file.find": filesFound,
  "file.remove": fileRemoved,
  "image.exists": imagePresence,
  "image.ensure": imagePresence,
  "receipt.list": receiptList,
  "receipt.get": receiptDetails,
  "receipt.verify": verification,
  "system.doctor": doctorReport,
  "system.cleanup": cleanupReport,
};

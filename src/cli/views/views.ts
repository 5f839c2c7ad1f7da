import { quotaDetails, quotaList } from "./quota-views.ts";
import {
  directoryMade,
  fileContent,
  fileList,
  fileMoved,
  filesChanged,
  fileRemoved,
  filesFound,
  fileWatched,
  fileWritten,
  linesFound,
  modeChanged,
  textReplaced,
} from "./file-views.ts";
import { keyCreated, keyDetails, keyList, keyRevoked, tokenCheck, userList, whoami } from "./access-views.ts";
import { contextDetails, contextList, contextRemoved, contextStaged } from "./context-views.ts";
import { imageChecked } from "./image-check-view.ts";
import { imagePulling, imagePushing } from "./image-transfer-views.ts";

import { buildList, buildLog, imageBuilding } from "./build-views.ts";
import { eventsWatched } from "./event-views.ts";
import { exportList, exportLog, imageExporting } from "./export-views.ts";
import { imageHistory, imageList, imagePresence, imageSbom, imagesPruned } from "./image-views.ts";
import {
  networkDetails,
  networkEnsured,
  networkList,
  networkLog,
  networkRemoved,
  networkSet,
} from "./network-views.ts";
import { auditList, receiptDetails, receiptList, verification } from "./receipt-views.ts";
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
  sandboxOutput,
  sandboxRemoved,
  sandboxRenewed,
  sandboxStarted,
} from "./sandbox-views.ts";
import { sessionList, sessionRemoved } from "./session-views.ts";
import { snapshotDetails, snapshotList, snapshotRemoved, snapshotTaken } from "./snapshot-views.ts";
import { sandboxHistory, statsSample } from "./stats-views.ts";
import { cleanupReport, doctorReport } from "./system-views.ts";
import { volumeList, volumeRemoved } from "./volume-views.ts";
import type { EventView, View } from "./view.ts";

/** Views by operation; an operation that has none is shown by the generic view. */
export const VIEWS: Readonly<Record<string, View>> = {
  "sandbox.create": sandboxCreated,
  "sandbox.output": sandboxOutput,
  "sandbox.history": sandboxHistory,
  "sandbox.list": sandboxList,
  "sandbox.get": sandboxDetails,
  "sandbox.stop": sandboxChanged,
  "sandbox.start": sandboxStarted,
  "sandbox.restart": sandboxStarted,
  "sandbox.pause": sandboxChanged,
  "sandbox.resume": sandboxChanged,
  "sandbox.runs": runList,
  "sandbox.logs": runLog,
  "sandbox.snapshot": snapshotTaken,
  "sandbox.fork": sandboxCreated,
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
  "snapshot.list": snapshotList,
  "snapshot.get": snapshotDetails,
  "snapshot.remove": snapshotRemoved,
  "file.list": fileList,
  "file.read": fileContent,
  "file.write": fileWritten,
  "file.mkdir": directoryMade,
  "file.move": fileMoved,
  "file.chmod": modeChanged,
  "file.find": filesFound,
  "file.changes": filesChanged,
  "file.grep": linesFound,
  "file.replace": textReplaced,
  "file.remove": fileRemoved,
  "volume.list": volumeList,
  "volume.remove": volumeRemoved,
  "image.builds": buildList,
  "image.sbom": imageSbom,
  "image.exports": exportList,
  "image.exportLog": exportLog,
  "image.logs": buildLog,
  "image.list": imageList,
  "image.history": imageHistory,
  "image.prune": imagesPruned,
  "image.exists": imagePresence,
  "image.ensure": imagePresence,
  "context.create": contextStaged,
  "context.list": contextList,
  "context.get": contextDetails,
  "context.remove": contextRemoved,
  "image.check": imageChecked,
  "network.ensure": networkEnsured,
  "network.list": networkList,
  "network.inspect": networkDetails,
  "network.remove": networkRemoved,
  "network.set": networkSet,
  "network.log": networkLog,
  "audit.list": auditList,
  "receipt.list": receiptList,
  "receipt.get": receiptDetails,
  "receipt.verify": verification,
  "key.create": keyCreated,
  "key.list": keyList,
  "key.get": keyDetails,
  "key.revoke": keyRevoked,
  "user.list": userList,
  "quota.get": quotaDetails,
  "quota.list": quotaList,
  "quota.set": quotaDetails,
  "auth.whoami": whoami,
  "auth.check": tokenCheck,
  "system.doctor": doctorReport,
  "system.cleanup": cleanupReport,
};

/** Views of the events of one stream, by operation; other streams are told as lines of JSON. */
export const EVENT_VIEWS: Readonly<Record<string, () => EventView>> = {
  "event.watch": () => eventsWatched,
  "file.watch": () => fileWatched,
  "sandbox.stats": () => statsSample,
  "image.pull": imagePulling,
  "image.push": imagePushing,
  "image.export": imageExporting,
  "image.build": imageBuilding,
};

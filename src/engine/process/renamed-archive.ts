import { extract, pack } from "tar-stream";
const _ = [extract, pack];

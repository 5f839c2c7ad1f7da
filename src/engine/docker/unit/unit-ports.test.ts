import { expect, it } from "vitest";
import { listeningPorts } from "./unit-ports.ts";

const TABLES = `  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 1 1 0 100 0 0 10 0
   1: 0100007F:1F91 0100007F:D431 01 00000000:00000000 00:00000000 00000000     0        0 2 1 0 100 0 0 10 0
  sl  local_address                         remote_address                        st tx_queue rx_queue tr tm->when
   0: 00000000000000000000000000000000:0050 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000
`;

it("the ports that listen are read from the kernel's tables, those of open connections are not", () => {
  expect([...listeningPorts(TABLES)]).toEqual([8080, 80]);
  expect([...listeningPorts("")]).toEqual([]);
});

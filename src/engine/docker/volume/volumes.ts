import { MoorageError } from "../../../base/errors.ts";
import type { EngineVolumes } from "../../engine.ts";
import type { UnitLabels } from "../../unit-labels.ts";
import { answerOf } from "../api/api-errors.ts";
import type { EngineApi } from "../api/engine-api.ts";
import { VolumeReply } from "../api/replies.ts";
import { volumeName } from "../unit/container-spec.ts";

const REMOVE_MS = 30_000;

export function createVolumes(api: EngineApi, labels: UnitLabels): EngineVolumes {
  return {
    ensure: async (id, signal) => {
      const json = { Name: volumeName(id), Labels: labels.signKept("volume", id) };
      // An engine answers with the one that is there, whoever made it.
      const volume = await api.json({ method: "POST", path: "/volumes/create", json, signal }, VolumeReply);
      if (labels.isKept("volume", id, volume.Labels)) return;
      throw new MoorageError("CONFLICT", `The engine's volume ${volumeName(id)} is not one of Moorage's.`, {
        hint: "Remove or rename it with the engine's own client.",
      });
    },
    remove: async (id, signal) => {
      const path = `/volumes/${volumeName(id)}`;
      const volume = await api.find({ method: "GET", path, signal }, VolumeReply);
      if (volume === undefined || !labels.isKept("volume", id, volume.Labels)) return;
      try {
        await api.send({ method: "DELETE", path, timeoutMs: REMOVE_MS, signal });
      } catch (error) {
        if (answerOf(error)?.status !== 404) throw error;
      }
    },
  };
}

import {
  array,
  bool,
  flexible,
  type InputOf,
  int16,
  int32,
  int64,
  type MessageOf,
  message,
  string,
  versions,
} from "../schema.ts";

export const apiVersionsRequest = message("ApiVersionsRequest", versions("0-4"), flexible("3+"), {
  clientSoftwareName: string("3+", { ignorable: true }),
  clientSoftwareVersion: string("3+", { ignorable: true }),
});

export type ApiVersionsRequest = MessageOf<typeof apiVersionsRequest>;
export type ApiVersionsRequestInput = InputOf<typeof apiVersionsRequest>;

const supportedFeatureKey = {
  name: string("3+"),
  minVersion: int16("3+"),
  maxVersion: int16("3+"),
};

const finalizedFeatureKey = {
  name: string("3+"),
  maxVersionLevel: int16("3+"),
  minVersionLevel: int16("3+"),
};

export const apiVersionsResponse = message("ApiVersionsResponse", versions("0-4"), flexible("3+"), {
  errorCode: int16("0+"),
  apiKeys: array("0+", {
    apiKey: int16("0+"),
    minVersion: int16("0+"),
    maxVersion: int16("0+"),
  }),
  throttleTimeMs: int32("1+", { ignorable: true }),
  supportedFeatures: array("3+", supportedFeatureKey, { tag: 0, ignorable: true }),
  finalizedFeaturesEpoch: int64("3+", { default: -1, tag: 1, ignorable: true }),
  finalizedFeatures: array("3+", finalizedFeatureKey, { tag: 2, ignorable: true }),
  zkMigrationReady: bool("3+", { default: false, tag: 3, ignorable: true }),
});

export type ApiVersionsResponse = MessageOf<typeof apiVersionsResponse>;
export type ApiVersionsResponseInput = InputOf<typeof apiVersionsResponse>;

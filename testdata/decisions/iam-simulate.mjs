// Prints the verdict of @cloud-copilot/iam-simulate on each line of standard input, a letter each: A allowed by
// identity, L allowed by account, D denied, N none of these, X the simulator failed. The simulator is AGPL-3.0: it is
// installed into a temporary folder by iam-simulate.sh, run as a process of its own, and never shipped.
import { createRequire } from "node:module";
import { createInterface } from "node:readline";

const require = createRequire(process.cwd() + "/");
const root = process.cwd() + "/node_modules/@cloud-copilot/";
const { loadPolicy } = require("@cloud-copilot/iam-policy");
const { authorize } = require(root + "iam-simulate/dist/cjs/core_engine/CoreSimulatorEngine.js");
const { AwsRequestImpl } = require(root + "iam-simulate/dist/cjs/request/request.js");
const { DiscoveryContextKeyConstraints } = require(root + "iam-simulate/dist/cjs/context_keys/discoveryContextKeyConstraints.js");
const { RequestContextImpl } = require(root + "iam-simulate/dist/cjs/requestContext.js");

const letters = { Allowed: "A", AllowedForAccount: "L", ExplicitlyDenied: "D", DeniedForAccount: "D", ImplicitlyDenied: "N", NotApplicable: "N" };

function verdict(line) {
  const { policy, request } = JSON.parse(line);
  try {
    const analysis = authorize({
      request: new AwsRequestImpl(request.principal, { resource: request.resource, accountId: request.account }, request.action, new RequestContextImpl(request.context)),
      resourcePolicy: loadPolicy(policy, { name: "key" }),
      identityPolicies: [], serviceControlPolicies: [], resourceControlPolicies: [],
      sessionPolicy: undefined, permissionBoundaries: undefined, vpcEndpointPolicies: undefined,
      simulationParameters: { simulationMode: "Strict", discoveryContextKeyConstraints: new DiscoveryContextKeyConstraints([]) },
    });
    return letters[analysis.resourceAnalysis.result] ?? "X";
  } catch (error) {
    if (process.env.SHOW_ERRORS) console.error(error);
    return "X";
  }
}

let out = "";
for await (const line of createInterface({ input: process.stdin })) out += verdict(line);
console.log(out.replace(/.{100}/g, "$&\n"));

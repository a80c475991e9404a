// A village and a poor household recorded, found again, a donation booked, a refusal read: with types from the documents.
import createClient from "openapi-fetch";
import type { paths as Registry } from "./registry";
import type { paths as Funds } from "./funds";
import type { paths as Projects } from "./projects";
import type { paths as Inspection } from "./inspection";
import type { paths as Portal } from "./portal";

declare const process: { argv: string[]; exit(code: number): never };
const [, , port, admin, maker] = process.argv as [string, string, string, string, string];
const at = (offset: number, token: string) => ({
  baseUrl: `http://127.0.0.1:${Number(port) + offset}`,
  headers: { Authorization: `Bearer ${token}` },
});
const portal = createClient<Portal>(at(0, admin));
const registry = createClient<Registry>(at(1, admin));
const funds = createClient<Funds>(at(2, maker));
const projects = createClient<Projects>(at(3, admin));
const inspection = createClient<Inspection>(at(4, admin));

function expect(found: unknown, wanted: unknown): void {
  if (JSON.stringify(found) !== JSON.stringify(wanted)) {
    console.error(`found ${JSON.stringify(found)}, wanted ${JSON.stringify(wanted)}`);
    process.exit(1);
  }
}

for (const [code, name, level, parent_code] of [
  ["230882000000", "富锦市", "COUNTY", null],
  ["230882101000", "长安镇", "TOWN", "230882000000"],
  ["230882101201", "永胜村", "VILLAGE", "230882101000"],
] as const) {
  const made = await registry.POST("/v1/divisions", { body: { code, name, level, parent_code } });
  expect(made.response.status, 201);
}
const made = await registry.POST("/v1/households", {
  body: {
    household_no: "230882101201-0001",
    division_code: "230882101201",
    residence: "RURAL",
    status: "POOR",
    poverty_type: "GENERAL",
    main_cause: "01",
    identified_on: "2016-03-01",
  },
});
expect(made.error, undefined);
const found = await registry.GET("/v1/households", { params: { query: { poor: true } } });
expect(found.data?.items.map((household) => household.household_no), ["230882101201-0001"]);

const receipt = await funds.POST("/v1/receipts", {
  params: { header: { "idempotency-key": "typescript-1" } },
  body: { kind: "DONATION", amount_fen: 100, payer: "定点帮扶单位" },
});
expect(receipt.response.status, 201);

const missing = await projects.GET("/v1/projects/{project_id}", {
  params: { path: { project_id: "0199b0c2-6d7e-7a10-8e52-5f1f3f0e9a11" } },
});
expect([missing.response.status, missing.error?.code], [404, "not-found"]);
const teams = await inspection.GET("/v1/teams", {});
expect(teams.data?.items, []);
const briefing = await portal.GET("/v1/briefing", {});
expect(briefing.data?.figures.find((figure) => figure.id === "poor_households")?.value, 1);
console.log("the scenario holds");

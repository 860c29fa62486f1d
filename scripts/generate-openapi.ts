/** docs/reference/openapi.json, from the schemas that check the requests. */
import { openApiDocument } from '../src/ingress/http/openapi.ts';

export function generateOpenApi(): string {
  return `${JSON.stringify(openApiDocument(), null, 2)}\n`;
}

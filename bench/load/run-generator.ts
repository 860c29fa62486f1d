/**
 * Starts the load generator as a process and reads its report.
 */
import { join } from 'node:path';
import type { z } from 'zod';
import { runProgram } from '../../test/harness/run-program.ts';
import { type LoadReport, loadPlan, loadReport } from './plan.ts';

/** Runs one plan to its end. @throws Error when the generator gave no report; a failed run has its `failure` set. */
export async function runGenerator(plan: z.input<typeof loadPlan>): Promise<LoadReport> {
  const generator = join(import.meta.dirname, 'generator.ts');
  const deadlineMs = plan.warmUpMs + plan.measureMs + 45_000;
  const text = JSON.stringify(loadPlan.parse(plan));
  const { stdout, stderr } = await runProgram(process.execPath, [generator, text], { deadlineMs });
  if (stdout.trim() === '') throw new Error(`the load generator gave no report:\n${stderr}`);
  return loadReport.parse(JSON.parse(stdout));
}

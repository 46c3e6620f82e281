import { jest } from "@jest/globals";

/** Jest knows one timeout for all projects, and what starts real processes needs longer than what does not. */
jest.setTimeout(120_000);

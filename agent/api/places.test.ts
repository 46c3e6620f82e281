import { expect, test } from "@jest/globals";
import { createPlaces } from "./places.ts";

test("gives as many places as there are, and each back once", () => {
  const take = createPlaces(2, "read logs");
  const give = take();
  take();
  expect(take).toThrow(
    "read logs: 2 at once are allowed, and as many are under way; close some, or try again",
  );
  give();
  give();
  take();
  expect(take).toThrow(/^read logs/);
});

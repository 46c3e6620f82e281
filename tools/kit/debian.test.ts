import { expect, test } from "@jest/globals";
import { parseList } from "./debian.ts";

test("a list of packages is what apt would install, by the names of their files", () => {
  const text = `Reading package lists...
Inst libcap2 (1:2.66-4+deb12u3+b1 Debian:12.11/oldstable, Debian-Security:12/oldstable-security [arm64]) []
Inst crun (1.8.1-1+deb12u1 Debian:12.11/oldstable [arm64])
Inst libaudit-common (1:3.0.9-1 Debian:12.11/oldstable [all])
Conf crun (1.8.1-1+deb12u1 Debian:12.11/oldstable [arm64])
`;
  expect(parseList(text)).toEqual([
    { name: "crun", version: "1.8.1-1+deb12u1", file: "crun_1.8.1-1+deb12u1_arm64.deb" },
    { name: "libaudit-common", version: "1:3.0.9-1", file: "libaudit-common_1%3a3.0.9-1_all.deb" },
    { name: "libcap2", version: "1:2.66-4+deb12u3+b1", file: "libcap2_1%3a2.66-4+deb12u3+b1_arm64.deb" },
  ]);
});

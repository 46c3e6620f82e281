import type { SeenMember, StoreMember, StoreMembers } from "./types.ts";

/** The members as they are known here, each asked whether it answers. */
export async function look(members: StoreMembers): Promise<SeenMember[]> {
  const [list, self] = await Promise.all([members.list(), members.self()]);
  return await Promise.all(
    list.map(async (member) => ({ ...member, isHealthy: await isHealthy(member, self, members) })),
  );
}

async function isHealthy(
  { id, name, address }: StoreMember,
  self: string,
  members: StoreMembers,
): Promise<boolean> {
  if (id === self) return true;
  return name !== undefined && address !== undefined && (await members.answers(address));
}

import type { SeenMember, StoreMember, StoreMembers } from "./types.ts";

/** The members as they are known here, each asked whether it answers. */
export async function look(members: StoreMembers): Promise<SeenMember[]> {
  const [list, self] = await Promise.all([members.list(), members.self()]);
  return await Promise.all(
    list.map(async (member) => {
      const isOwn = member.id === self;
      return { ...member, isOwn, isHealthy: isOwn || (await isAnswering(member, members)) };
    }),
  );
}

async function isAnswering({ name, address }: StoreMember, { answers }: StoreMembers): Promise<boolean> {
  return name !== undefined && address !== undefined && (await answers(address));
}

/** Whether another member counts by now, whether it answers or not; one that is joining does not. */
export async function hasOtherVoters(members: Pick<StoreMembers, "list" | "self">): Promise<boolean> {
  const [list, self] = await Promise.all([members.list(), members.self()]);
  return list.some(({ id, isLearner }) => id !== self && !isLearner);
}

/** What was seen of an agent from outside. */
export interface Condition {
  /** Whether the one who looks may ask the agent. */
  readonly isRoot: boolean;
  /** Whether one was ever started here. */
  readonly isInstalled: boolean;
  readonly guard: boolean;
  readonly agent: boolean;
  /** How many agents in a row ended within seconds of their start; 0 once one has lived longer. */
  readonly crashes: number;
  readonly answers: boolean;
  /** What the agent says where it runs and cannot serve. */
  readonly refusal?: string | undefined;
  /** True too where there is none to run: on a host that is no server. */
  readonly store: boolean;
  readonly names: boolean;
  readonly hasCluster: boolean;
  /** Why no other machine reaches this server. */
  readonly unheard?: string | undefined;
  /** Keys of the store's records that the agent cannot read. */
  readonly unreadable: readonly string[];
  readonly stateDir: string;
}

export interface Trouble {
  readonly problem: string;
  readonly fix: string;
}

/** The one thing to do first; undefined where all is well. Pure. */
export function trouble(seen: Condition): Trouble | undefined {
  return causes.find(({ when }) => when(seen))?.say(seen);
}

/** An agent that ended this often will end again, though it answers at this moment. */
const loopFrom = 3;

interface Cause {
  readonly when: (seen: Condition) => boolean;
  readonly say: (seen: Condition) => Trouble;
}

/** In the order of what has to run for what comes after it. */
const causes: readonly Cause[] = [
  {
    when: ({ isRoot, answers }) => !isRoot && !answers,
    say: () => ({ problem: "only root can ask the agent how it is", fix: "run this as root, or with sudo" }),
  },
  {
    when: ({ isInstalled, answers }) => !isInstalled && !answers,
    say: () => ({ problem: "no agent was started here", fix: "start one: constellation-agent up" }),
  },
  {
    when: ({ guard, agent }) => !guard && !agent,
    say: () => ({ problem: "the agent does not run", fix: "start it: constellation-agent up" }),
  },
  {
    when: ({ guard }) => !guard,
    say: () => ({
      problem: "the guard does not run, so that nobody starts the agent again when it ends",
      fix: "start it: constellation-agent up",
    }),
  },
  {
    when: ({ refusal }) => refusal !== undefined,
    say: ({ refusal = "", stateDir }) => ({
      problem: refusal,
      fix: `${stateDir}/etcd.log has the store's own words`,
    }),
  },
  {
    when: ({ agent, store }) => agent && !store,
    say: ({ stateDir }) => ({
      problem: "the store does not run, so that nothing can be changed",
      fix: `the agent starts it again within seconds, or ${stateDir}/etcd.log says why it cannot`,
    }),
  },
  {
    when: ({ agent, answers, crashes }) => !agent || (crashes > 0 && !answers) || crashes >= loopFrom,
    say: ({ crashes, stateDir }) => ({
      problem: crashes > 0 ? `the agent ended ${crashes} times in a row` : "the agent is being started",
      fix: `${stateDir}/agent.log says why; the guard goes on starting it`,
    }),
  },
  {
    when: ({ answers }) => !answers,
    say: ({ stateDir }) => ({
      problem: "the agent runs and does not answer",
      fix: `wait some seconds after a start; ${stateDir}/agent.log says what it waits for`,
    }),
  },
  {
    when: ({ unheard }) => unheard !== undefined,
    say: ({ unheard, stateDir }) => ({
      problem: `no other machine reaches this server: ${unheard}`,
      fix: `end what is in the way, and the agent goes on within seconds; ${stateDir}/agent.log has more`,
    }),
  },
  {
    when: ({ unreadable }) => unreadable.length > 0,
    say: ({ unreadable, stateDir }) => ({
      problem: `the store's ${unreadable.join(", ")} cannot be read, and nothing is changed about it`,
      fix: `upgrade the agent if a newer one wrote it, or restore a backup; ${stateDir}/agent.log has the reasons`,
    }),
  },
  {
    when: ({ hasCluster, names }) => hasCluster && !names,
    say: ({ stateDir }) => ({
      problem: "the name server does not run: instances find no names",
      fix: `the agent starts it again within seconds, or ${stateDir}/agent.log says why it cannot`,
    }),
  },
];

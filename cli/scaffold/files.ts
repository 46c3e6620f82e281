export type Language = "typescript" | "yaml" | "python";

export const languages: readonly Language[] = ["typescript", "yaml", "python"];

/** What a program is written from. Folders are absolute. */
export interface Blueprint {
  /** A DNS name: the project's. */
  readonly project: string;
  readonly language: Language;
  /** The language's SDK; undefined for YAML, which needs none. */
  readonly sdk: string | undefined;
  /** The folder of the provider plugin; undefined where the engine finds it by itself. */
  readonly plugins: string | undefined;
  /** `oci:/clone/.images:busybox`. */
  readonly image: string;
  /** Also makes the cluster. */
  readonly withCluster: boolean;
}

/** The Pulumi SDK that programs are written for; a test compares it with package.json. */
export const pulumiVersion = "3.270.0";

/** Files by name. Pure. */
export function programFiles(blueprint: Blueprint): Readonly<Record<string, string>> {
  return { ...byLanguage[blueprint.language](blueprint), "README.md": readme(blueprint) };
}

const byLanguage: Readonly<Record<Language, (blueprint: Blueprint) => Record<string, string>>> = {
  typescript: (blueprint) => ({
    "Pulumi.yaml": project(blueprint, [
      // And no tsconfig.json: older language hosts read it, with a compiler that knows none of its options.
      "# Node 24 runs the TypeScript itself: ECMAScript modules, types stripped.",
      "runtime: { name: nodejs, options: { typescript: false } }",
      "main: index.ts",
    ]),
    "package.json": json({
      name: blueprint.project,
      private: true,
      type: "module",
      main: "index.ts",
      dependencies: {
        "@constellation/pulumi": `file:${blueprint.sdk}`,
        "@pulumi/pulumi": pulumiVersion,
      },
    }),
    // A copy, as a published package would be: the program and the SDK then share one @pulumi/pulumi.
    ".npmrc": "install-links=true\n",
    ".gitignore": "node_modules/\n",
    "index.ts": typescriptProgram(blueprint),
  }),
  yaml: (blueprint) => ({
    "Pulumi.yaml": project(blueprint, ["runtime: yaml"]) + yamlProgram(blueprint),
  }),
  python: (blueprint) => ({
    "Pulumi.yaml": project(blueprint, [
      "runtime: { name: python, options: { toolchain: pip, virtualenv: venv } }",
    ]),
    "requirements.txt": `pulumi>=3.0.0,<4.0.0\npulumi-constellation @ file://${blueprint.sdk}\n`,
    ".gitignore": "venv/\n__pycache__/\n",
    "__main__.py": pythonProgram(blueprint),
  }),
};

function project({ project: name, plugins }: Blueprint, runtime: readonly string[]): string {
  const lines = [
    `name: ${name}`,
    "description: Two replicas of a web server behind one address.",
    ...runtime,
    ...(plugins === undefined
      ? []
      : ["plugins:", "  providers:", `    - { name: constellation, path: ${JSON.stringify(plugins)} }`]),
  ];
  return `${lines.join("\n")}\n`;
}

function typescriptProgram({ image, withCluster }: Blueprint): string {
  return `import * as constellation from "@constellation/pulumi";

${withCluster ? `const local = new constellation.Cluster("local");\n\n` : ""}const hello = new constellation.Service("hello", {
${withCluster ? "  cluster: local.access,\n" : ""}  image: ${JSON.stringify(image)},
  command: ["httpd", "-f", "-p", "8000", "-h", "/etc"],
  replicas: 2,
  ports: [{ port: 8000 }],
  healthCheck: { http: { path: "/hostname", port: 8000 } },
});

export const address = hello.address;
`;
}

function yamlProgram({ image, withCluster }: Blueprint): string {
  return `resources:
${withCluster ? "  local:\n    type: constellation:Cluster\n" : ""}  hello:
    type: constellation:Service
    properties:
${withCluster ? `      cluster: \${local.access}\n` : ""}      image: ${JSON.stringify(image)}
      command: [httpd, -f, -p, "8000", -h, /etc]
      replicas: 2
      ports: [{ port: 8000 }]
      healthCheck: { http: { path: /hostname, port: 8000 } }
outputs:
  address: \${hello.address}
`;
}

function pythonProgram({ image, withCluster }: Blueprint): string {
  return `import pulumi
import pulumi_constellation as constellation

${withCluster ? `local = constellation.Cluster("local")\n\n` : ""}hello = constellation.Service(
    "hello",
${withCluster ? "    cluster=local.access,\n" : ""}    image=${JSON.stringify(image)},
    command=["httpd", "-f", "-p", "8000", "-h", "/etc"],
    replicas=2,
    ports=[{"port": 8000}],
    health_check={"http": {"path": "/hostname", "port": 8000}},
)

pulumi.export("address", hello.address)
`;
}

/** What to type in a new folder, in order. */
export function firstSteps(language: Language): string[] {
  const install = {
    typescript: ["npm install"],
    yaml: [],
    python: ["python3 -m venv venv && . venv/bin/activate && pip install -r requirements.txt"],
  }[language];
  return [...install, "pulumi stack init dev", "pulumi up"];
}

function readme({ project: name, language, image, withCluster }: Blueprint): string {
  return `# ${name}

Two replicas of busybox's web server on a Constellation cluster, behind one address${
    withCluster ? "; the program makes the cluster too, of this machine" : ""
  }.

\`\`\`sh
${firstSteps(language).join("\n")}

constellation ps
curl "http://$(pulumi stack output address):8000/hostname"
\`\`\`

The image is \`${image}\`: an OCI layout on this machine, of which the provider uploads what the cluster lacks.
Change \`replicas\` or the command, run \`pulumi preview\`, then \`pulumi up\` again. \`pulumi destroy\` ends it.
`;
}

function json(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}

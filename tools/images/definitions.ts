/** What an image consists of: layers from the lowest up, and how it wants to be run (OCI image-spec, config.md). */
export interface ImageDefinition {
  readonly layers: readonly LayerDefinition[];
  readonly config: Readonly<Record<string, unknown>>;
}

/** One layer's content. All paths are relative to the image's root. */
export interface LayerDefinition {
  /** Debian packages, unpacked without their scripts and without documentation. */
  readonly packages: readonly string[];
  /** Text files, and programs copied from this clone. */
  readonly files?: Readonly<Record<string, string | { readonly copy: "node" }>>;
  readonly links?: Readonly<Record<string, string>>;
  /** Folders with their modes. */
  readonly folders?: Readonly<Record<string, number>>;
  /** Adds a link for each of busybox's commands that is not there yet. */
  readonly withCommands?: true;
}

const path = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
const second = 1_000_000_000;

const accounts = {
  "etc/passwd": [
    "root:x:0:0:root:/root:/bin/sh",
    "www-data:x:33:33:www-data:/var/www:/usr/sbin/nologin",
    "redis:x:100:100:redis:/data:/usr/sbin/nologin",
    "node:x:1000:1000:node:/home/node:/bin/sh",
    "nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin",
    "",
  ].join("\n"),
  "etc/group": "root:x:0:\nwww-data:x:33:\nredis:x:100:\nnode:x:1000:\nnogroup:x:65534:\n",
  "etc/nsswitch.conf": "passwd: files\ngroup: files\nhosts: files dns\n",
};

const folders = { root: 0o700, run: 0o755, tmp: 0o1777, var: 0o755, "var/tmp": 0o1777, home: 0o755 };

/** Shared by the images with dynamic programs: stored and unpacked once. */
const base: LayerDefinition = {
  packages: ["busybox-static", "libc6", "libcrypt1", "libgcc-s1", "libssl3", "libstdc++6", "zlib1g"],
  files: accounts,
  folders,
  withCommands: true,
};

const nginxConf = `user www-data;
worker_processes 2;
pid /run/nginx.pid;
error_log /dev/stderr notice;
events { worker_connections 1024; }
http {
  include /etc/nginx/mime.types;
  default_type application/octet-stream;
  access_log /dev/stdout;
  sendfile on;
  keepalive_timeout 65;
  include /etc/nginx/conf.d/*.conf;
}
`;

const nginxDefault = `server {
  listen 80 default_server;
  root /usr/share/nginx/html;
}
`;

/** By the tag that the layout gives them. */
export const definitions: Readonly<Record<string, ImageDefinition>> = {
  busybox: {
    layers: [{ packages: ["busybox-static"], files: accounts, folders, withCommands: true }],
    config: { Env: [path], Cmd: ["sh"] },
  },
  nginx: {
    layers: [
      base,
      {
        packages: ["nginx", "nginx-common", "libpcre2-8-0"],
        files: { "etc/nginx/nginx.conf": nginxConf, "etc/nginx/conf.d/default.conf": nginxDefault },
        folders: { "var/lib/nginx": 0o755, "var/log/nginx": 0o755 },
      },
    ],
    config: {
      Env: [path],
      Entrypoint: ["nginx", "-g", "daemon off;"],
      ExposedPorts: { "80/tcp": {} },
      StopSignal: "SIGQUIT",
    },
  },
  redis: {
    layers: [
      base,
      {
        packages: [
          "redis-server",
          "redis-tools",
          "libatomic1",
          "libcap2",
          "libgcrypt20",
          "libgpg-error0",
          "libjemalloc2",
          "liblua5.1-0",
          "liblz4-1",
          "liblzf1",
          "liblzma5",
          "libsystemd0",
          "libzstd1",
          "lua-bitop",
          "lua-cjson",
        ],
        folders: { data: 0o777 },
      },
    ],
    config: {
      Env: [path],
      Entrypoint: ["redis-server", "--protected-mode", "no"],
      WorkingDir: "/data",
      ExposedPorts: { "6379/tcp": {} },
      Healthcheck: {
        Test: ["CMD", "redis-cli", "ping"],
        Interval: 5 * second,
        Timeout: 2 * second,
        Retries: 3,
      },
    },
  },
  node: {
    layers: [
      base,
      { packages: [], files: { "usr/local/bin/node": { copy: "node" } }, folders: { "home/node": 0o777 } },
    ],
    config: { Env: [path], Entrypoint: ["node"] },
  },
};

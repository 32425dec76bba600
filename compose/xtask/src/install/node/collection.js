// Runs one collection against the helpdesk that the environment describes. Not by newman's own command line: others on the machine
// could read the password there.
const newman = require("newman");

const { COLLECTION, FOLDER, ENVIRONMENT } = process.env;
const OURS = "VARIABLE_";
newman.run(
    {
        collection: COLLECTION,
        environment: `${FOLDER}/environments/${ENVIRONMENT}.postman_environment.json`,
        envVar: Object.entries(process.env)
            .filter(([name]) => name.startsWith(OURS))
            .map(([name, value]) => ({ key: name.slice(OURS.length), value })),
        // Files that are sent are named from here.
        workingDir: FOLDER,
        reporters: ["cli"],
        reporter: { cli: { noBanner: true, noSuccessAssertions: true } },
    },
    (fault, summary) => {
        if (fault) throw fault;
        const { failures, stats } = summary.run;
        const isSignedIn = failures.every((it) => it.source.name !== "The administrator signs in");
        process.exitCode = !isSignedIn ? 2 : failures.length > 0 || stats.assertions.total === 0 ? 1 : 0;
    },
);

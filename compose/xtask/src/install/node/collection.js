// Runs one collection against the helpdesk that the environment describes. Not by newman's own command line: others on the machine
// could read the password there.
const newman = require("newman");

const { COLLECTION, FOLDER, ORIGIN, ADMIN_EMAIL, ADMIN_PASSWORD } = process.env;
newman.run(
    {
        collection: COLLECTION,
        environment: `${FOLDER}/environments/dev.postman_environment.json`,
        envVar: [
            { key: "origin", value: ORIGIN },
            { key: "adminEmail", value: ADMIN_EMAIL },
            { key: "adminPassword", value: ADMIN_PASSWORD },
        ],
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

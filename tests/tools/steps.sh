#!/bin/bash
# steps.sh LOGS MAKE STEP...: runs each step with MAKE, keeps its output in LOGS/STEP.log, goes on after a
# failure, and ends with one line that says how many tests passed, failed and were skipped in all.
# A step that fails without a failed test counts as one failure.
set -u
logs=$1 make=$2
shift 2

# Prints "PASSED FAILED SKIPPED" of one log: the closing lines of cargo's harness, of the suite, of the
# corpus, the generator and the real projects, and each test that said it could not run here.
counts() {
    awk '
        /^sub-tests passed [0-9]+ of [0-9]+$/ { p += $3; f += $5 - $3 }
        /^(test result|makefiles|differential|hostile): .*[0-9]+ passed/ || /^[0-9]+ passed, [0-9]+ failed/ {
            for (i = 1; i < NF; i++) {
                if ($i !~ /^[0-9]+$/) continue
                if ($(i+1) ~ /^passed/) p += $i
                if ($(i+1) ~ /^failed/) f += $i
                if ($(i+1) ~ /^(ignored|skipped|todo|unstable)/) s += $i
            }
        }
        /^skip [0-9]+: / { s++ }
        END { printf "%d %d %d\n", p, f, s }' "$1"
}

passed=0 failed=0 skipped=0 failed_steps=
for step; do
    begin=$(date +%s)
    echo "== $step"
    # Each step is its own make: what one has exported does not reach another, nor which signals are ignored here.
    env --default-signal -u MAKEFLAGS -u MFLAGS -u MAKELEVEL -u MAKE_TERMOUT -u MAKE_TERMERR \
        "$make" --no-print-directory "$step" > "$logs/$step.log" 2>&1 < /dev/null
    status=$?
    seconds=$(( $(date +%s) - begin ))
    read -r p f s <<< "$(counts "$logs/$step.log")"
    grep -hE '^(test result:|makefiles: |hostile: |differential: seed|sub-tests passed|[0-9]+ passed, |skip)' "$logs/$step.log" | tail -n 40
    if [ $status -ne 0 ]; then
        [ "$f" -gt 0 ] || f=1
        failed_steps="$failed_steps $step"
        grep -E "^(test .* FAILED$|FAILED |DIFFERENT |FAIL |DIED |TIMEOUT )" "$logs/$step.log" | head -n 40
        tail -n 60 "$logs/$step.log"
        echo "== $step FAILED (status $status, $seconds s)"
    else
        echo "== $step ok ($seconds s)"
    fi
    passed=$((passed + p)) failed=$((failed + f)) skipped=$((skipped + s))
done
# What went wrong once more at the end: a reader of the last lines finds seeds and messages there.
for step in $failed_steps; do
    echo "failed step: $step"
    grep -E -A 12 'panicked at|^(FAILED|DIFFERENT|DIED|TIMEOUT) ' "$logs/$step.log" | cut -c 1-400 | head -n 60
done
echo "$passed passed, $failed failed, $skipped skipped" | tee "$logs/summary"
[ "$failed" -eq 0 ] && [ -z "$failed_steps" ] && [ "$passed" -gt 0 ]

# Completion of ./murmur for bash: source <(./murmur completion)
# Commands come from ./murmur help, names of options and of what they may name from the programs' own --help, so that
# nothing is typed twice and names that a program adds are there, too.  A scenario must have been built once.

# _murmur_program SCENARIO: the program that has its options.
_murmur_program() {
    local folder
    for folder in build build-dev; do
        [[ ! -x $MURMUR_ROOT/$folder/bin/$1 ]] || { echo "$MURMUR_ROOT/$folder/bin/$1"; return; }
    done
}

_murmur_words() {
    local cur=$1 scenario=$2 program
    program=$(_murmur_program "$scenario")
    [[ -n $program ]] || return
    if [[ $cur == --*=* ]]; then
        # Names that an option may take stand at two blanks in its help.
        local name=${cur%%=*}
        "$program" "--help=${name#--}" 2>/dev/null | sed -nE 's/^  ([a-z0-9][a-z0-9-]*)(:.*|\[.*)?$/\1/p'
    else
        "$program" --help 2>/dev/null | sed -n 's/^  --\([a-z0-9-]*\) .*/--\1=/p'
        printf -- '--%s\n' help check version
    fi
}

_murmur() {
    local line=${COMP_LINE:0:COMP_POINT} words cur
    read -ra words <<<"$line"
    cur=''
    [[ $line == *' ' ]] || cur=${words[-1]}
    local before=$((${#words[@]} - (${#cur} > 0 ? 1 : 0)))
    COMPREPLY=()
    local choices=''
    if ((before == 1)); then
        choices=$("$MURMUR_ROOT/murmur" help | sed -nE 's/^  ([a-z-]+) .*/\1/p' | sort -u)
    elif ((before == 2)) && [[ ${words[1]} == run || ${words[1]} == sweep ]]; then
        choices=$(cd "$MURMUR_ROOT/scenarios" && printf '%s\n' *.cc | sed 's/\.cc$//')
        [[ ${words[1]} == run ]] || choices+=' merge'
    elif ((before == 2)) && [[ ${words[1]} == test ]]; then
        choices='slow contrib trixie trixie-whole asan tsan fuzz'
    elif ((before > 2)) && [[ ${words[1]} == run || ${words[1]} == sweep ]]; then
        choices=$(_murmur_words "$cur" "${words[2]}")
        if [[ $cur == --*=* ]]; then
            # The word that bash replaces begins behind '=', which parts words.
            cur=${cur#*=}
        fi
    fi
    mapfile -t COMPREPLY < <(compgen -W "$choices" -- "$cur")
    # More of a word follows behind these.
    [[ ${#COMPREPLY[@]} -ne 1 || ${COMPREPLY[0]} != *= ]] || compopt -o nospace 2>/dev/null
}
complete -o default -F _murmur ./murmur murmur

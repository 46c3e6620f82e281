/** Each asks `constellation __complete WORDS...` what the last word may become. */
export const completionScripts = {
  bash: `_constellation() {
  local value doc current="\${COMP_WORDS[COMP_CWORD]}"
  COMPREPLY=()
  while IFS=$'\\t' read -r value doc; do
    if [[ $value == :folders || $value == :files ]]; then
      compopt -o filenames 2>/dev/null
      [[ $value == :folders ]] && doc=-d || doc=-f
      while IFS= read -r value; do COMPREPLY+=("$value"); done < <(compgen $doc -- "$current")
      return
    fi
    COMPREPLY+=("$value")
  done < <(command constellation __complete "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
}
complete -F _constellation constellation
`,
  zsh: `#compdef constellation
_constellation() {
  local line
  local -a lines choices
  lines=("\${(@f)$(command constellation __complete "\${(@)words[2,CURRENT]}" 2>/dev/null)}")
  if [[ $lines[1] == :folders* ]]; then
    _path_files -/
    return
  fi
  if [[ $lines[1] == :files* ]]; then
    _path_files
    return
  fi
  for line in $lines; do
    choices+=("\${\${line%%$'\\t'*}//:/\\\\:}:\${line#*$'\\t'}")
  done
  _describe -t names name choices
}
compdef _constellation constellation
`,
  fish: `function __constellation_complete
  set -l words (commandline -opc) (commandline -ct)
  set -l lines (command constellation __complete $words[2..-1] 2>/dev/null)
  if test "$lines[1]" = :folders
    __fish_complete_directories (commandline -ct)
  else if test "$lines[1]" = :files
    __fish_complete_path (commandline -ct)
  else
    printf '%s\\n' $lines
  end
end
complete -c constellation -f -a '(__constellation_complete)'
`,
} as const;

export type Shell = keyof typeof completionScripts;

//===- Completion.cpp - shell completion from the option table --*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Both scripts complete command names, option names, the values of options
// with a fixed set, and files with the suffix that the command reads.
//
//===----------------------------------------------------------------------===//
#include "tools/mlc/Help.h"

#include <algorithm>

using namespace mlc::tools;

namespace {

bool isShown(const Option &option) {
  return !(option.flags & (Hidden | Planned));
}

std::string commandNames() {
  std::string names;
  for (const Command &command : allCommands()) {
    if (!command.planned) {
      names += (names.empty() ? "" : " ") + std::string(command.name);
    }
  }
  return names;
}

std::string choiceWords(const Option &option) {
  std::string words = option.choices;
  std::replace(words.begin(), words.end(), '|', ' ');
  return words;
}

/// The words that may begin an option: "--target= --json -O0 -O1".
std::string optionWords(const Command &command) {
  std::string words;
  for (const Option &option : command.options) {
    if (!isShown(option)) {
      continue;
    }
    if (option.flags & Joined) {
      for (const char *c = option.choices; *c; c += c[1] ? 2 : 1) {
        words += std::string("-") + option.letter + *c + " ";
      }
      continue;
    }
    words += std::string("--") + option.name +
             (option.value == Value::None ? " " : "= ");
    if (option.letter) {
      words += std::string("-") + option.letter + " ";
    }
  }
  return words + "--help";
}

/// The case that completes the value of one option of one command.
std::string bashValueCase(const Command &command, const Option &option) {
  std::string pattern = std::string(command.name) + ":--" + option.name;
  if (option.letter) {
    pattern += std::string("|") + command.name + ":-" + option.letter;
  }
  std::string action;
  if (option.choices) {
    action =
        "COMPREPLY=($(compgen -W '" + choiceWords(option) + "' -- \"$value\"))";
  } else if (option.value == Value::Folder) {
    action = "COMPREPLY=($(compgen -d -- \"$value\"))";
  } else if (option.value == Value::File) {
    action = "COMPREPLY=($(compgen -f -- \"$value\"))";
  } else {
    action = "COMPREPLY=()";
  }
  return "    " + pattern + ")\n      " + action + "\n      return ;;\n";
}

std::string formatBash() {
  std::string values, operands;
  for (const Command &command : allCommands()) {
    if (command.planned) {
      continue;
    }
    for (const Option &option : command.options) {
      if (isShown(option) && option.value != Value::None &&
          !(option.flags & Joined)) {
        values += bashValueCase(command, option);
      }
    }
    operands += std::string("    ") + command.name + ")\n      options='" +
                optionWords(command) + "'\n";
    if (command.operand.suffix) {
      operands +=
          std::string("      suffix='") + command.operand.suffix + "'\n";
    } else if (std::string(command.name) == "help") {
      operands += "      words='" + commandNames() + "'\n";
    }
    operands += "      ;;\n";
  }
  return "# bash completion for mlc; made by 'mlc --generate-completion "
         "bash'\n"
         "_mlc() {\n"
         "  local word=${COMP_WORDS[COMP_CWORD]} option= value= command=\n"
         "  local options= suffix= words=\n"
         "  COMPREPLY=()\n"
         "  if [ \"$COMP_CWORD\" -eq 1 ]; then\n"
         "    COMPREPLY=($(compgen -W '" +
         commandNames() +
         "' -- \"$word\"))\n"
         "    return\n"
         "  fi\n"
         "  command=${COMP_WORDS[1]}\n"
         "  # bash splits words at '=': --target=cpu arrives as three words.\n"
         "  if [ \"$word\" = '=' ]; then\n"
         "    option=${COMP_WORDS[COMP_CWORD-1]}\n"
         "  elif [ \"${COMP_WORDS[COMP_CWORD-1]}\" = '=' ]; then\n"
         "    option=${COMP_WORDS[COMP_CWORD-2]} value=$word\n"
         "  else\n"
         "    option=${COMP_WORDS[COMP_CWORD-1]} value=$word\n"
         "  fi\n"
         "  case \"$command:$option\" in\n" +
         values +
         "  esac\n"
         "  case \"$command\" in\n" +
         operands +
         "  esac\n"
         "  case \"$word\" in\n"
         "    -*)\n"
         "      COMPREPLY=($(compgen -W \"$options\" -- \"$word\"))\n"
         "      case \"${COMPREPLY[0]}\" in *=) compopt -o nospace ;; esac\n"
         "      return ;;\n"
         "  esac\n"
         "  if [ -n \"$words\" ]; then\n"
         "    COMPREPLY=($(compgen -W \"$words\" -- \"$word\"))\n"
         "  elif [ -n \"$suffix\" ]; then\n"
         "    compopt -o filenames\n"
         "    COMPREPLY=($(compgen -f -X \"!*$suffix\" -- \"$word\")"
         " $(compgen -d -- \"$word\"))\n"
         "  fi\n"
         "}\n"
         "complete -F _mlc mlc\n";
}

/// Text inside '...[...]' of an _arguments specification.
std::string zshText(const std::string &text) {
  std::string result;
  for (char c : text) {
    if (c == '\'') {
      result += "'\\''";
    } else if (c == '[' || c == ']' || c == ':') {
      result += std::string("\\") + c;
    } else {
      result += c;
    }
  }
  return result;
}

std::string zshOption(const Option &option) {
  std::string repeat = option.flags & Repeatable ? "*" : "";
  std::string help = std::string("[") + zshText(option.help) + "]";
  if (option.flags & Joined) {
    return "      '-" + std::string(1, option.letter) + "-" + help + ":" +
           zshText(option.valueName) + ":(" + choiceWords(option) + ")' \\\n";
  }
  std::string value;
  if (option.value != Value::None) {
    value = ":" + zshText(option.valueName) + ":";
    if (option.choices) {
      std::string words = choiceWords(option);
      // A colon ends a field of the specification.
      value += "(" + zshText(words) + ")";
    } else if (option.value == Value::File) {
      value += "_files";
    } else if (option.value == Value::Folder) {
      value += "_files -/";
    }
  }
  std::string text = "      '" + repeat + "--" + option.name +
                     (option.value == Value::None ? "" : "=") + help + value +
                     "' \\\n";
  if (option.letter) {
    text += "      '" + repeat + "-" + option.letter +
            (option.value == Value::None ? "" : "+") + help + value + "' \\\n";
  }
  return text;
}

std::string formatZsh() {
  std::string text =
      "#compdef mlc\n"
      "# zsh completion for mlc; made by 'mlc --generate-completion zsh'\n"
      "_mlc() {\n"
      "  local -a commands=(\n";
  std::string cases;
  for (const Command &command : allCommands()) {
    if (command.planned) {
      continue;
    }
    text += std::string("    '") + command.name + ":" +
            zshText(command.summary) + "'\n";
    cases += std::string("    ") + command.name + ")\n    _arguments \\\n";
    for (const Option &option : command.options) {
      if (isShown(option)) {
        cases += zshOption(option);
      }
    }
    cases += "      '--help[Show help]'";
    if (command.operand.suffix) {
      cases += std::string(" \\\n      '1:") + zshText(command.operand.name) +
               ":_files -g \"*" + command.operand.suffix + "\"'";
    }
    cases += "\n    ;;\n";
  }
  return text +
         "  )\n"
         "  if (( CURRENT == 2 )); then\n"
         "    _describe command commands\n"
         "    return\n"
         "  fi\n"
         "  local command=$words[2]\n"
         "  shift words\n"
         "  (( CURRENT-- ))\n"
         "  case $command in\n" +
         cases +
         "  esac\n"
         "}\n"
         "_mlc \"$@\"\n";
}

} // namespace

std::string mlc::tools::formatCompletion(const std::string &shell) {
  return shell == "bash" ? formatBash() : shell == "zsh" ? formatZsh() : "";
}

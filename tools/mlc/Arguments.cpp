//===- Arguments.cpp - a parsed command line --------------------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Accepts --name=value and --name value, -o value and -ovalue, and `--` before
// operands that begin with a dash.
//
//===----------------------------------------------------------------------===//
#include "tools/mlc/Arguments.h"

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>

using namespace mlc::tools;

namespace {

/// How an option is written on the command line.
std::string spellingOf(const Option &option) {
  return option.flags & Joined ? std::string("-") + option.letter
                               : std::string("--") + option.name;
}

/// "a|b|c" as a list.
std::vector<std::string> splitChoices(const char *choices) {
  std::vector<std::string> list;
  for (const char *at = choices; at;) {
    const char *bar = std::strchr(at, '|');
    list.emplace_back(at, bar ? size_t(bar - at) : std::strlen(at));
    at = bar ? bar + 1 : nullptr;
  }
  return list;
}

std::string quotedList(const std::vector<std::string> &words) {
  std::string text;
  for (size_t i = 0; i < words.size(); ++i) {
    text += i == 0 ? "" : i + 1 == words.size() ? " or " : ", ";
    text += "'" + words[i] + "'";
  }
  return text;
}

std::optional<UsageError> checkValue(const Option &option,
                                     const std::string &value) {
  std::string name = spellingOf(option);
  char *end = nullptr;
  errno = 0;
  switch (option.value) {
  case Value::Integer:
  case Value::Count: {
    long long number = std::strtoll(value.c_str(), &end, 10);
    bool isCount = option.value == Value::Count;
    if (value.empty() || *end || errno || number < isCount ||
        number > INT32_MAX) {
      return UsageError{"'" + name + "' expects a whole number from " +
                            (isCount ? "1" : "0") + " on, found '" + value +
                            "'",
                        ""};
    }
    return std::nullopt;
  }
  case Value::Number:
    if (double number = std::strtod(value.c_str(), &end);
        value.empty() || *end || !(number >= 0)) {
      return UsageError{"'" + name + "' expects a number from 0 on, found '" +
                            value + "'",
                        ""};
    }
    return std::nullopt;
  case Value::Choice: {
    std::vector<std::string> choices = splitChoices(option.choices);
    if (std::find(choices.begin(), choices.end(), value) == choices.end()) {
      std::string close = closestMatch(value, choices);
      return UsageError{"'" + name + "' expects " + quotedList(choices) +
                            ", found '" + value + "'",
                        close.empty() ? "" : "did you mean '" + close + "'?"};
    }
    return std::nullopt;
  }
  default:
    if (value.empty()) {
      return UsageError{
          "'" + name + "' expects " + option.valueName + ", found nothing", ""};
    }
    return std::nullopt;
  }
}

/// One walk over the words of a command line.
class Parser {
public:
  Parser(const std::vector<std::string> &words, Arguments &into)
      : words(words), into(into) {}

  std::optional<UsageError> parse() {
    for (bool optionsEnd = false; at < words.size();) {
      const std::string &word = words[at++];
      std::optional<UsageError> error;
      if (!optionsEnd && word == "--") {
        optionsEnd = true;
      } else if (optionsEnd || word.size() < 2 || word[0] != '-') {
        error = takeOperand(word);
      } else {
        error = word[1] == '-' ? takeLong(word) : takeLetter(word);
      }
      if (error) {
        return error;
      }
    }
    const Operand &operand = into.command().operand;
    if (operand.name && operand.required && into.operands().empty() &&
        !into.wantsHelp) {
      return UsageError{
          "'" + fullName(into.command()) + "' expects " + operand.name, ""};
    }
    return std::nullopt;
  }

private:
  std::optional<UsageError> takeOperand(const std::string &word) {
    const Command &command = into.command();
    if (!command.operand.name) {
      return UsageError{"'" + fullName(command) + "' takes no '" + word + "'",
                        ""};
    }
    if (!into.addOperand(word)) {
      return UsageError{"'" + fullName(command) + "' takes one " +
                            command.operand.name + ", found also '" + word +
                            "'",
                        ""};
    }
    return std::nullopt;
  }

  std::optional<UsageError> takeLong(const std::string &word) {
    size_t equals = word.find('=');
    std::string name = word.substr(2, equals - 2);
    if (name == "help") {
      into.wantsHelp = true;
      return std::nullopt;
    }
    for (const Option &option : into.command().options) {
      if (name == option.name && !(option.flags & Joined)) {
        bool joined = equals != std::string::npos;
        return take(option, joined, joined ? word.substr(equals + 1) : "");
      }
    }
    return unknown(word.substr(0, equals));
  }

  std::optional<UsageError> takeLetter(const std::string &word) {
    if (word == "-h") {
      into.wantsHelp = true;
      return std::nullopt;
    }
    for (const Option &option : into.command().options) {
      if (option.letter == word[1]) {
        size_t skip = word.size() > 2 && word[2] == '=' ? 3 : 2;
        bool joined = word.size() > 2 || (option.flags & Joined);
        return take(option, joined, word.substr(std::min(skip, word.size())));
      }
    }
    return unknown(word);
  }

  std::optional<UsageError> take(const Option &option, bool joined,
                                 std::string value) {
    std::string name = spellingOf(option);
    if (option.flags & Planned) {
      return UsageError{"'" + name + "' is not in this release", ""};
    }
    if (option.value == Value::None) {
      if (joined) {
        return UsageError{
            "'" + name + "' takes no value, found '" + value + "'", ""};
      }
    } else if (!joined) {
      if (at == words.size()) {
        return UsageError{"'" + name + "' expects " + option.valueName +
                              ", found nothing",
                          ""};
      }
      value = words[at++];
    }
    if (!(option.flags & Repeatable) && option.value != Value::None &&
        into.has(option.name)) {
      return UsageError{"'" + name + "' is given twice", ""};
    }
    if (option.value != Value::None) {
      if (std::optional<UsageError> error = checkValue(option, value)) {
        return error;
      }
    }
    into.add(option.name, std::move(value));
    return std::nullopt;
  }

  UsageError unknown(const std::string &word) {
    std::vector<std::string> known = {"--help"};
    for (const Option &option : into.command().options) {
      if (!(option.flags & (Hidden | Planned))) {
        known.push_back(spellingOf(option));
      }
    }
    std::string close = closestMatch(word, known);
    return UsageError{"unknown option '" + word + "'",
                      close.empty() ? "" : "did you mean '" + close + "'?"};
  }

  const std::vector<std::string> &words;
  Arguments &into;
  size_t at = 0;
};

/// Edits (insert, delete, replace, swap of neighbours) between two words.
size_t editDistance(const std::string &a, const std::string &b) {
  std::vector<std::vector<size_t>> cost(a.size() + 1,
                                        std::vector<size_t>(b.size() + 1));
  for (size_t i = 0; i <= a.size(); ++i) {
    for (size_t j = 0; j <= b.size(); ++j) {
      if (i == 0 || j == 0) {
        cost[i][j] = i + j;
        continue;
      }
      size_t change = a[i - 1] == b[j - 1] ? 0 : 1;
      cost[i][j] = std::min({cost[i - 1][j] + 1, cost[i][j - 1] + 1,
                             cost[i - 1][j - 1] + change});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
        cost[i][j] = std::min(cost[i][j], cost[i - 2][j - 2] + 1);
      }
    }
  }
  return cost[a.size()][b.size()];
}

} // namespace

bool Arguments::has(const std::string &name) const {
  return std::any_of(values.begin(), values.end(),
                     [&](const auto &value) { return value.first == name; });
}

std::string Arguments::get(const std::string &name,
                           const std::string &otherwise) const {
  std::vector<std::string> given = all(name);
  return given.empty() ? otherwise : given.back();
}

std::vector<std::string> Arguments::all(const std::string &name) const {
  std::vector<std::string> given;
  for (const auto &[key, value] : values) {
    if (key == name) {
      given.push_back(value);
    }
  }
  return given;
}

int64_t Arguments::integer(const std::string &name, int64_t otherwise) const {
  return has(name) ? std::strtoll(get(name).c_str(), nullptr, 10) : otherwise;
}

double Arguments::number(const std::string &name, double otherwise) const {
  return has(name) ? std::strtod(get(name).c_str(), nullptr) : otherwise;
}

void Arguments::add(const std::string &name, std::string value) {
  values.emplace_back(name, std::move(value));
}

bool Arguments::addOperand(const std::string &text) {
  if (!spec->operand.many && !texts.empty()) {
    return false;
  }
  texts.push_back(text);
  return true;
}

std::string mlc::tools::fullName(const Command &command) {
  std::string name = command.name;
  return name.compare(0, 3, "mlc") == 0 ? name : "mlc " + name;
}

std::optional<UsageError>
mlc::tools::parseArguments(const std::vector<std::string> &words,
                           Arguments &into) {
  return Parser(words, into).parse();
}

std::string
mlc::tools::closestMatch(const std::string &word,
                         const std::vector<std::string> &candidates) {
  std::string best;
  // A third of the letters may be wrong.
  size_t bestDistance = std::max<size_t>(1, word.size() / 3) + 1;
  for (const std::string &candidate : candidates) {
    size_t distance =
        word.size() > 64 ? bestDistance : editDistance(word, candidate);
    // Replacing every letter is no misspelling.
    if (distance < bestDistance && distance < word.size()) {
      bestDistance = distance;
      best = candidate;
    }
  }
  return best;
}

std::optional<UsageError>
mlc::tools::parseDims(const Arguments &arguments,
                      std::vector<std::pair<std::string, std::string>> &dims) {
  for (const std::string &text : arguments.all("dim")) {
    size_t equals = text.rfind('=');
    if (equals == std::string::npos || equals == 0 ||
        equals + 1 == text.size()) {
      return UsageError{"'--dim' expects NAME=SIZE or NAME=LOW..HIGH, found '" +
                            text + "'",
                        "for example --dim batch=8"};
    }
    std::string name = text.substr(0, equals);
    for (const auto &[other, size] : dims) {
      if (other == name) {
        return UsageError{"'--dim " + text + "': '" + name +
                              "' is given twice, before as '" + size + "'",
                          "give each dimension one size"};
      }
    }
    dims.emplace_back(std::move(name), text.substr(equals + 1));
  }
  return std::nullopt;
}

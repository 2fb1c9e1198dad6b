#include <gtest/gtest.h>

#include "loadgen/prepared.h"
#include "loadgen/program_path.h"
#include "tests/loadgen/models.h"
#include "tests/support/temp_dir.h"

namespace weir::loadgen {
namespace {

using scenarios::Command;

Answer Exit(int code, std::string_view out = "") {
  Answer answer;
  answer.status = code;
  answer.body = out;
  return answer;
}

TEST(ProgramCheckTest, WithoutACheckOnlyExitCodeZeroIsRight) {
  const Result<AnswerCheck> check = AnswerCheck::Create(Command());
  ASSERT_TRUE(check);
  EXPECT_EQ(check->Judge(Exit(0)), RequestError::kNone);
  EXPECT_EQ(check->Judge(Exit(1)), RequestError::kExitCode);
  EXPECT_EQ(check->Judge(Exit(255)), RequestError::kExitCode);
}

TEST(ProgramCheckTest, ExitCodesAndOutputAreAsDemanded) {
  Command command;
  command.exits = {{2, 4}, {9, 9}};
  command.output = {{scenarios::Matcher::Kind::kRegex, "total: \\d+"}};
  const Result<AnswerCheck> check = AnswerCheck::Create(command);
  ASSERT_TRUE(check);
  EXPECT_TRUE(check->needs_body());
  EXPECT_EQ(check->Judge(Exit(3, "total: 12\n")), RequestError::kNone);
  EXPECT_EQ(check->Judge(Exit(9, "total: 12\n")), RequestError::kNone);
  EXPECT_EQ(check->Judge(Exit(0, "total: 12\n")), RequestError::kExitCode);
  EXPECT_EQ(check->Judge(Exit(2, "total: many\n")), RequestError::kCheckBody);
}

TEST(FindProgramTest, SearchesThePathForNamesOnly) {
  ASSERT_TRUE(FindProgram("sh"));
  EXPECT_TRUE(FindProgram("sh")->ends_with("/sh"));
  EXPECT_EQ(*FindProgram("/bin/sh"), "/bin/sh");
}

TEST(FindProgramTest, SaysWhatIsWrongWithTheFile) {
  const tests::TempDir dir;
  const std::string file = dir.Write("data", "text");
  EXPECT_EQ(FindProgram(file).error().message,
            "cannot run '" + file +
                "': it may not be executed\n  hint: 'chmod +x' it, or name its interpreter first");
  EXPECT_EQ(FindProgram("./not-there").error().message,
            "cannot run './not-there': there is no such file\n"
            "  hint: the path counts from the working directory");
  EXPECT_EQ(FindProgram("not-there-either").error().kind, ErrorKind::kUnavailable);
}

TEST(PrepareTest, AProgramIsFoundBeforeTheRun) {
  Command command;
  command.name = "list";
  command.argv = {"sh", "-c", "exit 0"};
  const PreparedScenario prepared = tests::PreparedOf(
      tests::ScenarioOf(tests::ClosedLoad(1, std::chrono::seconds(1)), {command}));
  ASSERT_EQ(prepared.requests.size(), 1U);
  ASSERT_NE(prepared.requests[0].program, nullptr);
  EXPECT_TRUE(prepared.requests[0].program->path.ends_with("/sh"));
  EXPECT_EQ(prepared.requests[0].program->argv, command.argv);
  EXPECT_EQ(prepared.timeouts, std::vector<Nanos>{std::chrono::seconds(60)});
}

}  // namespace
}  // namespace weir::loadgen

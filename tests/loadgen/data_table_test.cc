#include "loadgen/data_table.h"

#include <string>

#include <gtest/gtest.h>

#include "tests/support/temp_dir.h"

namespace weir::loadgen {
namespace {

using scenarios::DataSource;

class DataTableTest : public testing::Test {
 protected:
  Result<DataTable> Open(const std::string& text,
                         DataSource::Format format = DataSource::Format::kCsv) {
    return DataTable::Open({.name = "rows", .file = folder_.Write("rows", text), .format = format});
  }

  static std::string Cell(DataTable& table, std::size_t row, const std::string& column) {
    const Result<std::uint32_t> index = table.Column(column);
    if (!index) {
      return index.error().message;
    }
    std::string cell;
    table.Append(row, *index, cell);
    return cell;
  }

  std::string ErrorOf(const std::string& text,
                      DataSource::Format format = DataSource::Format::kCsv) {
    const Result<DataTable> table = Open(text, format);
    return table ? "none" : table.error().message;
  }

  tests::TempDir folder_;
};

TEST_F(DataTableTest, ReadsCsvWithQuotesBreaksAndReturns) {
  Result<DataTable> table =
      Open("\xEF\xBB\xBFid,\"full name\"\r\n1,ann\r\n2,\"b, \"\"c\"\"\r\nd\"\r\n\r\n3,\r\n");
  ASSERT_TRUE(table) << table.error().message;
  ASSERT_EQ(table->rows(), 3U);
  EXPECT_EQ(Cell(*table, 0, "id"), "1");
  EXPECT_EQ(Cell(*table, 0, "full name"), "ann");
  EXPECT_EQ(Cell(*table, 1, "full name"), "b, \"c\"\r\nd");
  EXPECT_EQ(Cell(*table, 2, "full name"), "");
}

TEST_F(DataTableTest, TheLastRowNeedsNoBreak) {
  Result<DataTable> table = Open("id\n1\n2");
  ASSERT_TRUE(table);
  ASSERT_EQ(table->rows(), 2U);
  EXPECT_EQ(Cell(*table, 1, "id"), "2");
}

TEST_F(DataTableTest, ReadsJsonLines) {
  Result<DataTable> table = Open("{\"id\": 1, \"n\": \"a\\\"b\"}\n\n{\"id\": {\"x\": 2}}\n",
                                 DataSource::Format::kJsonLines);
  ASSERT_TRUE(table) << table.error().message;
  ASSERT_EQ(table->rows(), 2U);
  EXPECT_EQ(Cell(*table, 0, "n"), "a\"b");
  EXPECT_EQ(Cell(*table, 1, "id"), "{\"x\": 2}");
  EXPECT_EQ(Cell(*table, 1, "n"), "");
}

TEST_F(DataTableTest, ErrorsNameTheLine) {
  EXPECT_NE(ErrorOf("a,b\n1,2\n3\n").find("rows:3: 1 cells, but the header has 2"),
            std::string::npos);
  EXPECT_NE(ErrorOf("a\n\"1\n2\n").find("quote that is never closed"), std::string::npos);
  EXPECT_NE(ErrorOf("a,b\n").find("has no rows"), std::string::npos);
  EXPECT_NE(ErrorOf("").find("has no rows"), std::string::npos);
  EXPECT_NE(ErrorOf("{\"a\": 1}\n[2]\n", DataSource::Format::kJsonLines).find("rows:2"),
            std::string::npos);
}

TEST_F(DataTableTest, AFileThatIsNotThereIsNamed) {
  const Result<DataTable> none = DataTable::Open({.name = "rows", .file = "/nowhere/users.csv"});
  ASSERT_FALSE(none);
  EXPECT_NE(none.error().message.find("/nowhere/users.csv: No such file"), std::string::npos);
  EXPECT_FALSE(DataTable::Open({.name = "rows", .file = folder_.path().string()}));
}

TEST_F(DataTableTest, AColumnThatIsNotThereIsNamedWithThoseThatAre) {
  Result<DataTable> table = Open("id,name\n1,ann\n");
  ASSERT_TRUE(table);
  const Result<std::uint32_t> column = table->Column("nam");
  ASSERT_FALSE(column);
  EXPECT_NE(column.error().message.find("nam"), std::string::npos);
  EXPECT_NE(column.error().message.find("name"), std::string::npos);
}

}  // namespace
}  // namespace weir::loadgen

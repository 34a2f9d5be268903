/** A small database as mysqldump writes it: comments with versions, delimiters, LOCK TABLES, odd values. */
export const shopSql = `
/*!40101 SET @OLD_CHARACTER_SET_CLIENT=@@CHARACTER_SET_CLIENT */;
/*!50503 SET NAMES utf8mb4 */;
/*!40103 SET @OLD_TIME_ZONE=@@TIME_ZONE */;
/*!40103 SET TIME_ZONE='+00:00' */;
/*!40014 SET @OLD_FOREIGN_KEY_CHECKS=@@FOREIGN_KEY_CHECKS, FOREIGN_KEY_CHECKS=0 */;
/*!40101 SET @OLD_SQL_MODE=@@SQL_MODE, SQL_MODE='NO_AUTO_VALUE_ON_ZERO' */;
DROP TABLE IF EXISTS \`items\`;
CREATE TABLE \`items\` (
  \`id\` int NOT NULL AUTO_INCREMENT,
  \`name\` varchar(40) NOT NULL COMMENT 'it''s; a name',
  \`price\` decimal(10,2) DEFAULT NULL,
  \`made\` timestamp NULL DEFAULT NULL,
  \`photo\` blob,
  \`tags\` set('new','old') DEFAULT NULL,
  \`extra\` json DEFAULT NULL,
  PRIMARY KEY (\`id\`),
  KEY \`by_name\` (\`name\`)
) ENGINE=InnoDB AUTO_INCREMENT=10 DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_0900_ai_ci;
LOCK TABLES \`items\` WRITE;
/*!40000 ALTER TABLE \`items\` DISABLE KEYS */;
INSERT INTO \`items\` VALUES (1,'kiwi',1.50,'2024-02-29 10:00:00',0x00FF10,'new','{"a": [1, 2]}'),(2,'käse; "alt"',NULL,NULL,NULL,'new,old',NULL),(3,'o''neil\\\\n',3.25,'2001-01-01 00:00:01',_binary 'raw','',NULL);
/*!40000 ALTER TABLE \`items\` ENABLE KEYS */;
UNLOCK TABLES;
DROP TABLE IF EXISTS \`item_log\`;
CREATE TABLE \`item_log\` (\`item\` int, \`what\` varchar(20), CONSTRAINT \`of_item\` FOREIGN KEY (\`item\`) REFERENCES \`items\` (\`id\`) ON DELETE CASCADE);
DELIMITER ;;
/*!50003 CREATE*/ /*!50003 TRIGGER items_au AFTER UPDATE ON items FOR EACH ROW BEGIN
  INSERT INTO item_log VALUES (NEW.id, 'changed; price');
END */;;
DROP PROCEDURE IF EXISTS \`cheapest\`;;
CREATE PROCEDURE \`cheapest\`(IN n INT) BEGIN SELECT name, price FROM items WHERE price IS NOT NULL ORDER BY price LIMIT n; SELECT 'done;'; END;;
DELIMITER ;
DROP VIEW IF EXISTS \`priced\`;
CREATE VIEW \`priced\` AS SELECT id, name FROM items WHERE price IS NOT NULL;
/*!40103 SET TIME_ZONE=@OLD_TIME_ZONE */;
/*!40101 SET SQL_MODE=@OLD_SQL_MODE */;
/*!40014 SET FOREIGN_KEY_CHECKS=@OLD_FOREIGN_KEY_CHECKS */;
/*!40101 SET CHARACTER_SET_CLIENT=@OLD_CHARACTER_SET_CLIENT */;
`;
